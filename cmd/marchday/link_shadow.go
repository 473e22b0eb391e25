package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/marchday/marchday/centre"
	"github.com/marchday/marchday/link"
	"github.com/marchday/marchday/truce"
)

// shadowRun links a centre's record anew with a proposed model and prints what
// would change; it writes nothing.
func shadowRun(ctx context.Context, o linkOptions, m link.Model, now func() time.Time, out io.Writer) error {
	h, err := openHome(o.shadow)
	if err != nil {
		return err
	}
	c, err := h.open(ctx, h.clock(now), true)
	if err != nil {
		return err
	}
	s, err := c.Shadow(ctx, m)
	if err != nil {
		return err
	}
	if err := c.Close(); err != nil {
		return err
	}
	if o.asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(s)
	}
	return writeShadow(out, s)
}

func writeShadow(out io.Writer, s centre.Shadow) error {
	fmt.Fprintf(out, "model in force  %s\nproposed        %s\n%d claims, %d would move\n", s.Model, s.Proposed, s.Claims, s.Moves)
	write := func(what string, all []centre.ShadowChange) {
		for _, c := range all {
			var names []string
			for _, o := range c.Others {
				names = append(names, o.String())
			}
			fmt.Fprintf(out, "%s %s: %s\n", what, c.Incident, strings.Join(names, ", "))
		}
	}
	write("would join into", s.Merges)
	write("would fall apart", s.Splits)
	fmt.Fprintf(out, "decided cases: %d as decided, %d not\n", s.Matches, s.Misses)
	for _, k := range s.Cases {
		if !k.Match {
			fmt.Fprintf(out, "case %d, %s: %d of its claims apart, %d others with it\n", k.Case, k.Incident, len(k.Apart), len(k.Added))
		}
	}
	_, err := fmt.Fprintln(out, "the facts of decided cases stay as they are; a method statement of two keys adopts a model")
	return err
}

// writeModelDiff says how two models differ, weight by weight.
func writeModelDiff(w io.Writer, old, now link.Model) {
	fmt.Fprintf(w, "model %s to %s\n", old.Digest(), now.Digest())
	number := func(name string, a, b int32) {
		if a != b {
			fmt.Fprintf(w, "  %-40s %7.3f to %7.3f\n", name, bitsOf(a), bitsOf(b))
		}
	}
	number("mates", old.Mates, now.Mates)
	number("crowd", old.Crowd, now.Crowd)
	number("auto", old.Auto, now.Auto)
	number("review", old.Review, now.Review)
	number("merge", old.Merge, now.Merge)
	number("gain", old.Gain, now.Gain)
	for _, field := range sortedKeys(now.Weights) {
		for _, level := range sortedKeys(now.Weights[field]) {
			number(field+", "+level, old.Weights[field][level], now.Weights[field][level])
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

const maxChanges = 20 // that are listed; all are counted

// writeMoves says what a proposed model would change among reports: incidents
// that would join, and that would fall apart.
func writeMoves(w io.Writer, old, now *linkRun) error {
	was, is := map[string]string{}, map[string]string{}
	for run, to := range map[*linkRun]map[string]string{old: was, now: is} {
		if err := run.lines(true, func(l linkLine) error { to[l.ReportID] = l.IncidentID; return nil }); err != nil {
			return err
		}
	}
	moved := 0
	joins, parts := map[string]map[string]bool{}, map[string]map[string]bool{}
	for id, from := range was {
		to := is[id]
		if from != to {
			moved++
		}
		if from != "" && to != "" {
			gatherInto(joins, to, from)
			gatherInto(parts, from, to)
		}
	}
	fmt.Fprintf(w, "%d of %d reports would stand under another incident\n", moved, len(was))
	for _, x := range []struct {
		what string
		sets map[string]map[string]bool
	}{{"would join into", joins}, {"would fall apart", parts}} {
		n := 0
		for _, key := range sortedKeys(x.sets) {
			if len(x.sets[key]) < 2 {
				continue
			}
			if n++; n <= maxChanges {
				fmt.Fprintf(w, "  %s %s: %s\n", x.what, key, strings.Join(sortedKeys(x.sets[key]), ", "))
			}
		}
		fmt.Fprintf(w, "%d incidents %s\n", n, x.what)
	}
	return nil
}

func gatherInto(m map[string]map[string]bool, key, value string) {
	if m[key] == nil {
		m[key] = map[string]bool{}
	}
	m[key][value] = true
}

// linkLabel is a line of --labels.
type linkLabel struct {
	A    string `json:"a"`
	B    string `json:"b"`
	Same bool   `json:"same"`
}

// decide binds the labels like decisions of people and returns them for the
// learning. One that names an unknown report is an error; one that contradicts
// an older one is told and has no effect.
func (run *linkRun) decide(name string, in io.Reader, errs io.Writer) ([]link.Label, error) {
	var labels []link.Label
	d := json.NewDecoder(in)
	d.DisallowUnknownFields()
	for line := 1; ; line++ {
		var l linkLabel
		err := d.Decode(&l)
		if err == io.EOF {
			return labels, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w: each line is {\"a\":..,\"b\":..,\"same\":true}", name, line, err)
		}
		a, known := run.ids[l.A]
		b, also := run.ids[l.B]
		if !known || !also || a == b {
			return nil, fmt.Errorf("%s:%d: %q and %q: name two reports of the input", name, line, l.A, l.B)
		}
		labels = append(labels, link.Label{A: refOf(a, 0), B: refOf(b, 0), Same: l.Same})
		ch := run.linker.Decide(link.Decision{
			ID: truce.DigestOf(fmt.Append(nil, line)), Index: int64(line), Same: l.Same, Claims: []truce.ClaimRef{refOf(a, 0), refOf(b, 0)},
		})
		for range ch.Conflicts {
			fmt.Fprintf(errs, "%s:%d: contradicts an older label, and has no effect\n", name, line)
		}
	}
}
