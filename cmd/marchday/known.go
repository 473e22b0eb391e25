package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/marchday/marchday/centre"
	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// known is a centre as its record stood at an index.
type known struct {
	centre *centre.Centre
	view   *picture.View
	house  picture.House
	n      int64 // the last entry that counts
}

// openKnown opens a centre for reading, as known at an index, at a time that
// stands for the last index received by then, or now where neither is given.
func openKnown(ctx context.Context, data string, now func() time.Time, at string, asOf int64) (k known, err error) {
	h, err := openHome(data)
	if err != nil {
		return k, err
	}
	if k.centre, err = h.open(ctx, h.clock(now), true); err != nil {
		return k, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, k.centre.Close())
		}
	}()
	if err := k.centre.CatchUp(ctx); err != nil {
		return k, err
	}
	all := k.centre.View(truce.Viewer{Role: truce.Centre})
	if k.house, err = all.House(ctx); err != nil {
		return k, err
	}
	k.n = k.centre.Record().Size() - 1
	switch {
	case asOf > k.n:
		return k, usagef("--as-of: the record ends at index %d", k.n)
	case asOf >= 0:
		k.n = asOf
	case at != "":
		t, err := timeIn(k.house.Procedure.Zone, at)
		if err != nil {
			return k, usagef("--at: %w", err)
		}
		last, err := all.Statements(ctx, picture.StatementFilter{To: t + 1, Limit: 1})
		if err != nil {
			return k, err
		}
		if len(last) == 0 {
			return k, usagef("--at: nothing was received by %s", t)
		}
		k.n = last[0].Index
	}
	k.view = k.centre.Picture().View(truce.Viewer{Role: truce.Centre}, k.n+1, k.centre.Now())
	return k, nil
}

// incidentNamed finds an incident by its name, short or in full.
func incidentNamed(ctx context.Context, v *picture.View, name string) (picture.Incident, error) {
	var index int64
	var at uint32
	if n, _ := fmt.Sscanf(name, "S%d@%d", &index, &at); n >= 1 {
		return v.IncidentAt(ctx, index, at)
	}
	ref, err := truce.ParseClaimRef(name)
	if err != nil {
		return picture.Incident{}, usagef("--incident: %w", err)
	}
	return v.Incident(ctx, ref)
}

// timeIn reads a wall time of the zone, or a time with its own offset.
func timeIn(z truce.Zone, s string) (truce.Instant, error) {
	var t truce.Instant
	if err := t.UnmarshalText([]byte(s)); err == nil {
		return t, nil
	}
	return z.Instant(s)
}

func regimeCommand(now func() time.Time) *cobra.Command {
	var data, at string
	var asOf, changedBy int64
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "regime",
		Short: "Say which terms are in force at a time, as known at an index",
		Long: `Answer one question: which terms were in force on 4 May at 12:00, as known on
6 May at index N, under each co-chair's reading, and how each claimed span stood.
The API answers the same at /api/regime?at=&n=, and the page at /regime.

--changed-by lists instead the verdicts on older incidents that one statement
changed, such as a reading with a start in the past.`,
		Example: "  marchday regime --data demo --at 2016-05-04T12:00\n  marchday regime --data demo --at 2016-05-04T12:00 --as-of 300 --json\n  marchday regime --data demo --changed-by 312",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			k, err := openKnown(cmd.Context(), data, now, "", asOf)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, k.centre.Close()) }()
			if changedBy >= 0 {
				return k.changedBy(cmd.Context(), cmd.OutOrStdout(), changedBy, asJSON)
			}
			t := k.centre.Now()
			if at != "" {
				if t, err = timeIn(k.house.Procedure.Zone, at); err != nil {
					return usagef("--at: %w", err)
				}
			}
			reg, err := k.view.Regime(cmd.Context())
			if err != nil {
				return err
			}
			in := reg.InForce(t, k.n)
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(in)
			}
			_, err = cmd.OutOrStdout().Write([]byte(inForceWords(in, k.house)))
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&data, "data", "", "folder of the centre")
	f.StringVar(&at, "at", "", "the time asked about: 2016-05-04T12:00 in the regime's zone, or with an offset; now if left out")
	f.Int64Var(&asOf, "as-of", -1, "as known at this index of the record, the last entry that counts")
	f.Int64Var(&changedBy, "changed-by", -1, "list the verdicts that the statement at this index changed")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// changedBy prints the verdicts that one statement changed.
func (k known) changedBy(ctx context.Context, w io.Writer, index int64, asJSON bool) error {
	if _, err := k.view.Statement(ctx, index); err != nil {
		return usagef("--changed-by: %w", err)
	}
	all, err := k.view.Reassessments(ctx, truce.IncidentID{}, index)
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(w).Encode(all)
	}
	for _, r := range all {
		i, err := k.view.Incident(ctx, r.Incident)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "%-12s %-10s %-8s %s, then %s\n", i.ID.Display(i.Index), i.Day, r.Office, answerWords(r.Before, ""), answerWords(r.After, "")); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(w, "%d verdicts changed by statement %d\n", len(all), index)
	return err
}

// inForceWords prints the answer for a terminal.
func inForceWords(in truce.InForce, h picture.House) string {
	z := h.Procedure.Zone
	var b strings.Builder
	fmt.Fprintf(&b, "At %s, as known at index %d.\n\nTerms\n", wallIn(z, in.At), in.N)
	for _, t := range in.Terms {
		fmt.Fprintf(&b, "  %-4s %-8s %s  [S%d %s]\n", t.Body.ID, t.Body.Modality, shortened(termWords(t.Body), 88), t.Since, t.ID.Short())
		for _, u := range t.Under {
			fmt.Fprintf(&b, "       in force under %-6s %s", string(u.Office)+":", triWords(u.Holds))
			if u.Span != "" {
				fmt.Fprintf(&b, " (%s, %s)", u.Span, clockWords(z, u.Clock))
			}
			b.WriteByte('\n')
		}
	}
	if alarms := truce.Alarms(in.Spans, in.At, h.Procedure.AlertHours); len(alarms) > 0 {
		b.WriteString("\nAlarms\n")
		for _, a := range alarms {
			words := fmt.Sprintf("ends within %d h, at %s", a.Before, wallIn(z, a.End))
			if a.Before == 0 {
				words = "lapsed at " + wallIn(z, a.End)
			}
			fmt.Fprintf(&b, "  %-24s %s\n", a.Span, words)
		}
	}
	b.WriteString("\nClaimed spans, each under its claimant's own clock\n")
	for _, s := range in.Spans {
		fmt.Fprintf(&b, "  %-24s %-11s by %-14s %s  [S%d %s]\n", s.Body.ID, s.State, s.Body.ClaimedBy, clockWords(z, s.Clock), s.Since, s.ID.Short())
	}
	return b.String()
}

func triWords(t truce.Tri) string {
	switch t {
	case truce.Yes:
		return "yes"
	case truce.No:
		return "no"
	case truce.Unsure:
	}
	return "not stated"
}

// wallIn writes an instant in the regime's zone.
func wallIn(z truce.Zone, t truce.Instant) string {
	return z.Local(t).Format("2006-01-02 15:04 -07:00")
}

func clockWords(z truce.Zone, c truce.SpanClock) string {
	from, to := "start not stated", "end not stated"
	if c.Start != 0 {
		from = "from " + wallIn(z, c.Start)
	}
	switch {
	case c.EndTo == 0:
	case c.EndFrom != c.EndTo:
		to = "to between " + wallIn(z, c.EndFrom) + " and " + wallIn(z, c.EndTo)
	default:
		to = "to " + wallIn(z, c.EndTo)
	}
	return from + ", " + to
}

// termWords is a term's own text, else its summary.
func termWords(t *truce.Term) string {
	if t.Verbatim != "" {
		return t.Verbatim
	}
	return truce.NameIn(t.Summary, "en", string(t.ID))
}

func shortened(s string, runes int) string {
	if r := []rune(s); len(r) > runes {
		return string(r[:runes-1]) + "…"
	}
	return s
}
