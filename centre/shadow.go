package centre

import (
	"context"
	"fmt"
	"slices"

	"github.com/marchday/marchday/link"
	"github.com/marchday/marchday/truce"
)

// Shadow is what a proposed model of the linker would make of the whole record,
// beside what the one in force makes of it: published before anybody adopts it.
type Shadow struct {
	Model    truce.Digest    `json:"model"`    // in force
	Proposed truce.Digest    `json:"proposed"` // in shadow
	Claims   int             `json:"claims"`
	Moves    int             `json:"moves"` // claims that the machine would put into another incident
	Merges   []ShadowChange  `json:"merges"`
	Splits   []ShadowChange  `json:"splits"`
	Cases    []ShadowCase    `json:"cases"` // each case with a frozen incident
	Matches  int             `json:"matches"`
	Misses   int             `json:"misses"`
	Moved    []ShadowPlacing `json:"moved"` // the first of Moves
}

// ShadowChange is one incident and those that would join into it, or that it
// would fall into.
type ShadowChange struct {
	Incident truce.IncidentID   `json:"incident"`
	Others   []truce.IncidentID `json:"others"`
}

// ShadowCase compares the facts of a decided case, which stay as they are, with
// what the proposed model would have put together.
type ShadowCase struct {
	Case     int              `json:"case"`
	Incident truce.IncidentID `json:"incident"`
	Match    bool             `json:"match"` // the very claims that the offices saw
	Apart    []truce.ClaimRef `json:"apart,omitempty"`
	Added    []truce.ClaimRef `json:"added,omitempty"`
}

// ShadowPlacing is a claim that would stand elsewhere.
type ShadowPlacing struct {
	Claim truce.ClaimRef   `json:"claim"`
	From  truce.IncidentID `json:"from,omitzero"`
	To    truce.IncidentID `json:"to,omitzero"`
}

const maxShadowed = 1_000 // changes of a sort that are listed; all are counted

// Shadow links the record anew with a proposed model, beside the picture, and
// reports what would change. It writes nothing.
func (c *Centre) Shadow(ctx context.Context, m link.Model) (Shadow, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fold == nil {
		if err := c.warm(ctx); err != nil {
			return Shadow{}, err
		}
	}
	o := c.o
	o.Model = m
	beside := newFold(o, c.picture)
	if err := c.recall(ctx, beside, c.fold.at.Size); err != nil {
		return Shadow{}, fmt.Errorf("in shadow: %w", err)
	}
	s := Shadow{Model: c.o.Model.Digest(), Proposed: m.Digest()}
	s.compare(c.fold.links, beside.links)
	held := map[truce.IncidentID][]truce.ClaimRef{} // in shadow
	for ref := range beside.links.Claims() {
		if in, ok := beside.links.Machine(ref); ok {
			held[in] = append(held[in], ref)
		}
	}
	for _, id := range c.fold.order {
		if k, ok := c.fold.cases[id]; ok {
			s.judge(k.number, id, c.fold.links, beside.links, held)
		}
	}
	return s, nil
}

// compare lists what the machine alone would put elsewhere.
func (s *Shadow) compare(now, then *link.Linker) {
	parts := map[truce.IncidentID][]truce.IncidentID{} // present incident -> those of its claims in shadow
	whole := map[truce.IncidentID][]truce.IncidentID{}
	note := func(m map[truce.IncidentID][]truce.IncidentID, key, value truce.IncidentID) {
		if !slices.Contains(m[key], value) {
			m[key] = append(m[key], value)
		}
	}
	var order, orderThen []truce.IncidentID
	for ref := range now.Claims() {
		s.Claims++
		from, _ := now.Machine(ref)
		to, _ := then.Machine(ref)
		if from.IsZero() || to.IsZero() {
			continue
		}
		if parts[from] == nil {
			order = append(order, from)
		}
		if whole[to] == nil {
			orderThen = append(orderThen, to)
		}
		note(parts, from, to)
		note(whole, to, from)
		if from != to {
			if s.Moves++; len(s.Moved) < maxShadowed {
				s.Moved = append(s.Moved, ShadowPlacing{ref, from, to})
			}
		}
	}
	for _, from := range order {
		if len(parts[from]) > 1 && len(s.Splits) < maxShadowed {
			s.Splits = append(s.Splits, ShadowChange{from, parts[from]})
		}
	}
	for _, to := range orderThen {
		if len(whole[to]) > 1 && len(s.Merges) < maxShadowed {
			s.Merges = append(s.Merges, ShadowChange{to, whole[to]})
		}
	}
}

// judge compares a case's facts with the shadow's incident of its first claim.
func (s *Shadow) judge(number int, id truce.IncidentID, now, then *link.Linker, held map[truce.IncidentID][]truce.ClaimRef) {
	in, ok := now.Resolve(id)
	if !ok || in.Frozen.IsZero() {
		return
	}
	k := ShadowCase{Case: number, Incident: id}
	facts := map[truce.ClaimRef]bool{}
	var home truce.IncidentID
	for _, r := range now.Members(id) {
		if r.Role == link.RoleProposed || r.Role == link.RoleNone {
			continue
		}
		facts[r.Ref] = true
		to, _ := then.Machine(r.Ref)
		if home.IsZero() {
			home = to
		}
		if to != home {
			k.Apart = append(k.Apart, r.Ref)
		}
	}
	for _, ref := range held[home] {
		if !facts[ref] {
			k.Added = append(k.Added, ref)
		}
	}
	if k.Match = len(k.Apart)+len(k.Added) == 0; k.Match {
		s.Matches++
	} else {
		s.Misses++
	}
	s.Cases = append(s.Cases, k)
}
