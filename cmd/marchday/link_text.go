package main

import (
	"sync"
	"time"

	"github.com/marchday/marchday/extract"
	"github.com/marchday/marchday/link"
	"github.com/marchday/marchday/truce"
)

// readTexts reads a report's text with the dictionaries and places that the
// flags ask for, which are loaded when the first text comes. An account that a
// text repeats is read once; each claim bears the text's telling words.
func readTexts(o *textOptions) claimsOf {
	load := sync.OnceValues(func() (*extract.Engine, error) { return o.engine() }) // once the flags are read
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
		words := plainWords(r.Text)
		for i, c := range e.Claims(extract.Doc{ID: r.ReportID, Text: r.Text, Lang: r.Lang, Date: date, Publisher: r.Source}) {
			if c.SameAs != "" {
				continue
			}
			it := link.Of(truce.ClaimRef{Statement: truce.DigestOf([]byte(r.ReportID)), At: uint32(i), Family: c.Event}, 0, date, &c, r.Source)
			it.Concepts = words
			items = append(items, it)
		}
		return items, nil
	}
}
