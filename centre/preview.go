package centre

import (
	"context"

	"github.com/marchday/marchday/gazetteer"
	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// Preview is what the engines would make of a draft.
type Preview struct {
	Claims  []picture.Claim
	Similar map[int][]Similar // by position in Claims: incidents that may be the same
}

// Similar is an incident that a claim may be about.
type Similar struct {
	Incident truce.IncidentID
	Weight   int64 // millibits
	Would    string
}

// Preview runs the engines on a draft report and appends nothing. The claims
// are named as if the draft's own bytes were its ID, so nothing may cite them.
func (c *Centre) Preview(ctx context.Context, r truce.Report) (Preview, error) {
	if err := r.Validate(); err != nil {
		return Preview{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fold == nil {
		if err := c.warm(ctx); err != nil {
			return Preview{}, err
		}
	}
	id := truce.DigestOf([]byte(r.Title + "\x00" + r.Text))
	p := Preview{Similar: map[int][]Similar{}}
	p.Claims = c.fold.claimsOfReport(&r, id, c.fold.at.Size, c.Now(), "")
	return p, nil
}

// Places returns what a name may mean, best first and at most five, so that a
// caller's village can be read back in both scripts; none where none is good
// enough. Lang is the language the name is written in, empty if not known.
func (c *Centre) Places(name, lang string) []truce.Where {
	const maxOffered = 5
	var all []truce.Where
	for _, x := range c.o.Gazetteer.Find(gazetteer.Query{Text: name, Lang: lang, Max: maxOffered}) {
		w := c.o.Gazetteer.Fill(truce.Where{Place: x.Place.ID, Name: name, Relation: "in"})
		w.Score = x.Score
		all = append(all, w)
	}
	return all
}
