package centre

import (
	"context"
	"slices"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// wanted is a case that a rule asks for.
type wanted struct {
	incident truce.IncidentID
	rule     string
}

// openByRule appends the cases that a rule asks for, in the name of the
// sequencing centre's desk. The key is of rule and anchor, so that each is
// opened exactly once after any crash.
func (c *Centre) openByRule(ctx context.Context) error {
	wants := c.fold.wants
	c.fold.wants = nil
	desk := truce.OfficeID("")
	for _, o := range c.fold.book.Offices() {
		if o.Role == truce.Centre {
			desk = o.ID
		}
	}
	for _, w := range wants {
		if _, open := c.fold.cases[w.incident]; open {
			continue
		}
		key := truce.DigestOf([]byte("case/" + w.rule + "/" + w.incident.String()))
		body := &truce.Case{Incident: w.incident, Trigger: "threshold", Rule: w.rule}
		if _, err := c.SayOnce(ctx, key, desk, "rule", c.Now(), body); err != nil && truce.KindOf(err) != truce.Conflict {
			return err
		}
	}
	return nil
}

// ask notes a case that a rule asks for, judged on all that the centre reads.
func (f *fold) ask(i *picture.Incident) {
	if i.Case != 0 || i.Upto != truce.Amber || !f.o.Sequencer {
		return
	}
	if slices.ContainsFunc(f.wants, func(w wanted) bool { return w.incident == i.ID }) {
		return
	}
	rule, opens := truce.Opens(f.book.Procedure(), summarise(i))
	if opens {
		f.wants = append(f.wants, wanted{i.ID, rule})
	}
}

// summarise returns what a threshold looks at.
func summarise(i *picture.Incident) truce.Summary {
	s := truce.Summary{Lineages: int32(len(i.Lineages)), Protected: taxonomy.Is(i.Object, "protected")}
	for _, r := range i.Tally.Ranges {
		if r.Kind == truce.Killed && r.Scope != "city-day" && r.Scope != "cumulative" && r.Status != "combatant" && r.Who != "fighters" {
			s.CivilianKilled = max(s.CivilianKilled, r.Low)
		}
	}
	return s
}

// taxonomy is the published tree, made once and never changed.
var taxonomy = truce.NewTree(truce.Taxonomy())

// CaseOf returns the case about the incident that a claim belongs to.
func (c *Centre) CaseOf(claim truce.ClaimRef) (truce.StatementID, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fold == nil {
		return truce.StatementID{}, false
	}
	in, ok := c.fold.links.Resolve(claim)
	d, open := c.fold.cases[in.ID]
	return d.id, ok && open
}
