package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/marchday/marchday/gazetteer"
	"github.com/marchday/marchday/truce"
)

// geocodeOptions are the flags of marchday geocode.
type geocodeOptions struct {
	textOptions
	in       string
	max      int
	minScore int32
	explain  bool
}

// geocodeCommand answers a CSV of place names with candidates.
func geocodeCommand() *cobra.Command {
	var o geocodeOptions
	cmd := &cobra.Command{
		Use:   "geocode [NAME...]",
		Short: "Turn names of places into places, with scores and codes of districts",
		Long: "Answers the names given, or reads CSV with columns id, text and, if given, country and\n" +
			"admin1_pcode (which restricts), and prints one row a candidate, best first. A name without\n" +
			"candidate gives a row of rank 0. A name given here is its own id.",
		Example: "  marchday geocode \"Tell Rifaat\" \"تل رفعت\"\n  marchday geocode --in names.csv",
		RunE: func(cmd *cobra.Command, names []string) error {
			in := cmd.InOrStdin()
			if len(names) > 0 {
				if o.in != "-" {
					return usagef("give names or --in, not both")
				}
				table := bytes.NewBufferString("id,text\n")
				w := csv.NewWriter(table)
				for _, name := range names {
					if err := w.Write([]string{name, name}); err != nil {
						return err
					}
				}
				w.Flush()
				in = table
			}
			return o.run(in, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	o.flags(cmd, false)
	cmd.Flags().StringVar(&o.in, "in", "-", "CSV with columns id, text[, country, admin1_pcode]; - is standard input")
	cmd.Flags().IntVar(&o.max, "max", 3, "candidates a name")
	cmd.Flags().Int32Var(&o.minScore, "min-score", 600, "lowest score listed, per mille")
	cmd.Flags().BoolVar(&o.explain, "explain", false, "write a JSON line a name to standard error: the keys tried and the candidates")
	return cmd
}

// geocodeHeader is the first line of the output: a public contract.
var geocodeHeader = []string{"id", "rank", "name", "lon", "lat", "precision", "adm1_pcode", "adm2_pcode", "adm3_pcode", "score", "match"}

func (o geocodeOptions) run(in io.Reader, out, errs io.Writer) error {
	if o.max < 1 || o.max > 50 || o.minScore < 0 || o.minScore > 1000 {
		return usagef("--max is 1 to 50 and --min-score 0 to 1000")
	}
	places, _, err := o.folders()
	if err != nil {
		return err
	}
	g, err := gazetteer.Load(places...)
	if err != nil {
		return fmt.Errorf("load the gazetteer: %w", err)
	}
	if o.in != "-" {
		f, err := os.Open(o.in)
		if err != nil {
			return usageError{err}
		}
		defer f.Close()
		in = f
	}
	w := csv.NewWriter(bufio.NewWriterSize(out, 1<<16))
	if err := w.Write(geocodeHeader); err != nil {
		return err
	}
	if err := o.rows(g, csv.NewReader(in), w, errs); err != nil {
		return err
	}
	w.Flush()
	return w.Error()
}

func (o geocodeOptions) rows(g *gazetteer.Gazetteer, r *csv.Reader, w *csv.Writer, errs io.Writer) error {
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil {
		return usagef("%s: no header: the first line names the columns id and text", o.in)
	}
	col := func(name string) int { return slices.Index(head, name) }
	id, text, country, adm1 := col("id"), col("text"), col("country"), col("admin1_pcode")
	if id < 0 || text < 0 {
		return usagef("%s:1: no column id or text: the first line names them", o.in)
	}
	at := func(row []string, i int) string {
		if i < 0 || i >= len(row) {
			return ""
		}
		return row[i]
	}
	for n := 2; ; n++ {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return usagef("%s:%d: %v", o.in, n, err)
		}
		q := gazetteer.Query{Text: at(row, text), Country: at(row, country), Within: truce.PlaceID(at(row, adm1)), Max: o.max, MinScore: o.minScore}
		cands := g.Find(q)
		if err := writeCandidates(w, at(row, id), cands); err != nil {
			return err
		}
		if o.explain {
			if err := json.NewEncoder(errs).Encode(g.Explain(q, cands)); err != nil {
				return err
			}
		}
	}
}

func writeCandidates(w *csv.Writer, id string, cands []gazetteer.Candidate) error {
	if len(cands) == 0 {
		return w.Write([]string{id, "0", "", "", "", "", "", "", "", "", "none"})
	}
	for i, c := range cands {
		lon, lat := "", ""
		if c.Place.Point.Valid() {
			lon, lat = gazetteer.Degrees(c.Place.Point.Lon), gazetteer.Degrees(c.Place.Point.Lat)
		}
		score := fmt.Sprintf("%d.%03d", c.Score/1000, c.Score%1000)
		if err := w.Write([]string{id, strconv.Itoa(i + 1), c.Place.Name("en"), lon, lat, c.Precision, string(c.Adm[0]), string(c.Adm[1]), string(c.Adm[2]), score, string(c.Match)}); err != nil {
			return err
		}
	}
	return nil
}
