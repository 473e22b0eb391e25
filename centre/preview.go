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

// Similar is an incident that a claim may be about: a warning to who is about
// to file it twice.
type Similar struct {
	Incident truce.IncidentID `json:"incident"`
	Weight   int64            `json:"weight"` // millibits, the floored mean over N claims
	Sum      int64            `json:"sum"`
	N        int64            `json:"n"`
	Would    string           `json:"would"` // what the linker would do: joined, provisional, opened
	Reasons  []picture.Reason `json:"reasons"`
}

const maxSimilar = 3 // incidents that a claim is warned of

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
	for i := range p.Claims {
		for _, s := range c.fold.links.Similar(item(&p.Claims[i]), maxSimilar) {
			p.Similar[i] = append(p.Similar[i], Similar{s.Incident, int64(s.Weight), int64(s.Sum), int64(s.N), s.State.String(), bars(s.Reasons())})
		}
	}
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
