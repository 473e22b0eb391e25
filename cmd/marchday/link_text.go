package main

import (
	"sync"
	"time"

	"github.com/marchday/marchday/extract"
	"github.com/marchday/marchday/link"
	"github.com/marchday/marchday/truce"
)

// readTexts reads a report's text with the shipped dictionaries and the world's
// places, which are loaded when the first text comes.
func readTexts() claimsOf {
	load := sync.OnceValues(func() (engines, error) {
		return openEngines(nil, "", truce.Zone{})
	})
	return func(r *linkReport) ([]link.Item, error) {
		e, err := load()
		if err != nil {
			return nil, err
		}
		var date truce.Instant
		if t, err := time.Parse(time.RFC3339, r.Published); err == nil {
			date = truce.At(t)
		} else if t, err := time.Parse(time.DateOnly, r.Published); err == nil {
			date = truce.At(t)
		}
		var items []link.Item
		for i, c := range e.extract.Claims(extract.Doc{ID: r.ReportID, Text: r.Text, Lang: r.Lang, Date: date, Publisher: r.Source}) {
			items = append(items, link.Of(truce.ClaimRef{Statement: truce.DigestOf([]byte(r.ReportID)), At: uint32(i), Family: c.Event}, 0, date, &c, r.Source))
		}
		return items, nil
	}
}
