package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/marchday/marchday/link"
)

// fieldSpec is what --fields says of a table: the columns to compare and how,
// and those that name a record and its true entity.
type fieldSpec struct {
	compared  []int
	kinds     []link.Kind
	id, truth int // columns, -1 for none
}

// parseFields reads "name1:name,by:number,v:truth" against a header.
func parseFields(spec string, header []string) (fieldSpec, error) {
	s := fieldSpec{id: -1, truth: -1}
	for part := range strings.SplitSeq(spec, ",") {
		name, kind, ok := strings.Cut(part, ":")
		if !ok {
			return s, usagef("--fields %q: write column:kind, with kind name, number, code, date, id or truth", part)
		}
		at := -1
		for i, h := range header {
			if strings.TrimSpace(h) == strings.TrimSpace(name) {
				at = i
			}
		}
		if at < 0 {
			return s, usagef("--fields %q: the table has no such column; it has %s", part, strings.Join(header, ", "))
		}
		switch kind {
		case "id":
			s.id = at
		case "truth":
			s.truth = at
		default:
			k, err := link.ParseKind(kind)
			if err != nil {
				return s, usagef("--fields %q: %w", part, err)
			}
			s.compared, s.kinds = append(s.compared, at), append(s.kinds, k)
		}
	}
	return s, nil
}

// linkFields is link in its generic record mode: a CSV table in, a line per
// record with its entity out, or the agreement where a column holds the truth.
func linkFields(o linkOptions, name string, in io.Reader, out, errs io.Writer) error {
	r := csv.NewReader(in)
	header, err := r.Read()
	if err != nil {
		return fmt.Errorf("%s: %w: the first line names the columns", name, err)
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	spec, err := parseFields(o.fields, header)
	if err != nil {
		return err
	}
	var rows [][]string
	var ids []string
	truth := map[string][]string{}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		id := strconv.Itoa(len(rows) + 1)
		if spec.id >= 0 {
			id = row[spec.id]
		}
		cells := make([]string, len(spec.compared))
		for k, c := range spec.compared {
			if cells[k] = row[c]; cells[k] == "NA" {
				cells[k] = ""
			}
		}
		rows, ids = append(rows, cells), append(ids, id)
		if spec.truth >= 0 {
			truth[id] = []string{row[spec.truth]}
		}
	}
	got, err := link.Match(rows, spec.kinds)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	fmt.Fprintf(errs, "learnt from %d pairs, %d rounds: %.1f matches expected\n", got.Pairs, got.Iterations, got.Matches)
	if spec.truth >= 0 {
		found := map[string][]string{}
		for i, e := range got.Entity {
			found[ids[i]] = []string{ids[e]}
		}
		return judge(found, truth).write(out)
	}
	return writeEntities(o, ids, got, out)
}

func writeEntities(o linkOptions, ids []string, got link.Records, out io.Writer) error {
	if !o.csv {
		enc := json.NewEncoder(out)
		for i, e := range got.Entity {
			if err := enc.Encode(struct {
				Record string `json:"record_id"`
				Entity string `json:"entity_id"`
				Weight int32  `json:"weight"`
			}{ids[i], ids[e], got.Weight[i]}); err != nil {
				return err
			}
		}
		return nil
	}
	w := csv.NewWriter(out)
	if err := w.Write([]string{"record_id", "entity_id", "weight"}); err != nil {
		return err
	}
	for i, e := range got.Entity {
		if err := w.Write([]string{ids[i], ids[e], strconv.Itoa(int(got.Weight[i]))}); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
