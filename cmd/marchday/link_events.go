package main

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"

	"github.com/marchday/marchday/intake"
	"github.com/marchday/marchday/link"
	"github.com/marchday/marchday/truce"
)

// addEvents links the rows of event datasets, in order of their days: each is
// LAYOUT:FILE, with layout acled, ucdp, or the name of a mapping file.
func (run *linkRun) addEvents(sources []string) error {
	type event struct {
		id    string
		items []link.Item
	}
	var all []event
	for _, source := range sources {
		layout, file, ok := strings.Cut(source, ":")
		if !ok {
			return usagef("--events %q: write acled:FILE, ucdp:FILE or MAPPING.json:FILE", source)
		}
		reports, closeFile, err := eventReports(layout, file)
		if err != nil {
			return err
		}
		for r, err := range reports {
			if err != nil {
				return errors.Join(fmt.Errorf("%s: %w", file, err), closeFile())
			}
			e := event{id: layout + ":" + r.External}
			for _, c := range r.Claims {
				e.items = append(e.items, link.Of(truce.ClaimRef{}, 0, r.Date, &c, r.Publisher))
			}
			if len(e.items) > 0 {
				all = append(all, e)
			}
		}
		if err := closeFile(); err != nil {
			return err
		}
	}
	slices.SortStableFunc(all, func(a, b event) int { return cmp.Compare(a.items[0].From, b.items[0].From) })
	for _, e := range all {
		if _, twice := run.ids[e.id]; twice {
			return fmt.Errorf("%s: came before: each event has an id of its own", e.id)
		}
		if err := run.place(e.id, e.items[:min(len(e.items), maxItemsEach)]); err != nil {
			return err
		}
	}
	return nil
}

func eventReports(layout, file string) (iter.Seq2[truce.Report, error], func() error, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, fmt.Errorf("open events: %w", err)
	}
	switch layout {
	case "acled":
		return intake.ACLED(f, file, truce.Zone{}), f.Close, nil
	case "ucdp":
		return intake.UCDP(f, file, "", truce.Zone{}), f.Close, nil
	}
	text, err := os.ReadFile(layout)
	if err != nil {
		return nil, nil, usagef("--events: %w: write acled, ucdp, or a mapping file", err)
	}
	m, err := intake.ReadMapping(text, layout)
	if err != nil {
		return nil, nil, err
	}
	return intake.CSV(f, file, m), f.Close, nil
}
