package link

import (
	"cmp"
	"slices"

	"github.com/marchday/marchday/truce"
)

// Decision is a person's word on claims, as a statement of the record: they are
// about one incident, or each about another.
type Decision struct {
	ID       truce.StatementID
	Index    int64 // of the statement: of two that contradict each other the older holds
	Office   truce.OfficeID
	Same     bool
	Response bool // with Same false: the claims are act and answer
	Claims   []truce.ClaimRef
}

// Freeze is the membership that an officer saw at the first assessment of a
// case: the machine changes it no more.
type Freeze struct {
	ID       truce.StatementID // the assessment
	Index    int64
	Incident truce.IncidentID
	Claims   []truce.ClaimRef
}

// Conflict is a decision that has no effect while an older one contradicts it.
type Conflict struct {
	Decision truce.StatementID
	Office   truce.OfficeID
	Against  []truce.StatementID // the older decisions that it contradicts
	Claims   []truce.ClaimRef
}

// Decide lays a decision on the incidents. The same decision twice is once.
func (l *Linker) Decide(d Decision) Change {
	if _, known := l.decisions[d.ID]; known {
		return Change{}
	}
	d.Claims = slices.Clone(d.Claims)
	l.decisions[d.ID] = &d
	l.dirty = true
	ids := l.claims(d.Claims, 1)
	for _, id := range ids {
		l.bound[id] = append(l.bound[id], &d)
	}
	return l.settle(ids)
}

// Freeze keeps an incident's membership as an officer saw it.
func (l *Linker) Freeze(f Freeze) Change {
	if _, known := l.freezes[f.ID]; known {
		return Change{}
	}
	f.Claims = slices.Clone(f.Claims)
	l.freezes[f.ID] = &f
	l.dirty = true
	ids := l.claims(f.Claims, 1)
	for _, id := range ids {
		l.frozen[id] = append(l.frozen[id], &f)
	}
	return l.settle(ids)
}

// Withdraw takes a decision or a freeze off. It leaves no trace in the rows; an
// unknown one is no error.
func (l *Linker) Withdraw(id truce.StatementID) Change {
	l.dirty = true
	if d, ok := l.decisions[id]; ok {
		delete(l.decisions, id)
		ids := l.claims(d.Claims, -1)
		touched := l.component(ids).ids // with what the decision held together
		for _, c := range ids {
			drop(l.bound, c, d)
		}
		return l.settle(touched)
	}
	if f, ok := l.freezes[id]; ok {
		delete(l.freezes, id)
		ids := l.claims(f.Claims, -1)
		touched := l.component(ids).ids
		for _, c := range ids {
			drop(l.frozen, c, f)
		}
		return l.settle(touched)
	}
	return Change{}
}

func drop[T comparable](m map[int32][]T, key int32, v T) {
	m[key] = slices.DeleteFunc(slices.Clone(m[key]), func(x T) bool { return x == v })
	if len(m[key]) == 0 {
		delete(m, key)
	}
}

// claims returns the numbers of names; by is added to the count of those that
// no claim bears yet, so that a claim which comes later is bound too.
func (l *Linker) claims(names []truce.ClaimRef, by int) []int32 {
	var ids []int32
	for _, name := range names {
		if id, ok := l.p.refs.get(name); ok {
			ids = append(ids, id)
		} else if l.waiting[name] += by; l.waiting[name] <= 0 {
			delete(l.waiting, name)
		}
	}
	return ids
}

// adopt binds a new claim by the decisions that named it before it came.
func (l *Linker) adopt(name truce.ClaimRef, id int32) {
	if l.waiting[name] == 0 {
		return
	}
	delete(l.waiting, name)
	l.dirty = true
	for _, d := range l.decisions {
		if slices.Contains(d.Claims, name) {
			l.bound[id] = append(l.bound[id], d)
		}
	}
	for _, f := range l.freezes {
		if slices.Contains(f.Claims, name) {
			l.frozen[id] = append(l.frozen[id], f)
		}
	}
}

// component is the claims of all machine incidents that decisions and freezes
// hold together.
type component struct {
	ids       []int32 // in record order, gone ones included
	decisions []*Decision
	freezes   []*Freeze
}

// component returns the components of claims, as one.
func (l *Linker) component(from []int32) component {
	var c component
	claims, incidents := map[int32]bool{}, map[int32]bool{}
	decided, froze := map[*Decision]bool{}, map[*Freeze]bool{}
	queue := slices.Clone(from)
	for len(queue) > 0 {
		id := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if claims[id] {
			continue
		}
		claims[id] = true
		c.ids = append(c.ids, id)
		if in := l.p.seats.at(id).in; in != none && !incidents[in] {
			incidents[in] = true
			l.p.members(in, func(i int32, _ claim) bool { queue = append(queue, i); return true })
		}
		for _, d := range l.bound[id] {
			if !decided[d] {
				decided[d] = true
				c.decisions = append(c.decisions, d)
				queue = append(queue, l.claims(d.Claims, 0)...)
			}
		}
		for _, f := range l.frozen[id] {
			if !froze[f] {
				froze[f] = true
				c.freezes = append(c.freezes, f)
				queue = append(queue, l.claims(f.Claims, 0)...)
			}
		}
	}
	slices.Sort(c.ids)
	slices.SortFunc(c.decisions, func(a, b *Decision) int {
		return cmp.Or(cmp.Compare(a.Index, b.Index), slices.Compare(a.ID[:], b.ID[:]))
	})
	slices.SortFunc(c.freezes, func(a, b *Freeze) int {
		return cmp.Or(cmp.Compare(a.Index, b.Index), slices.Compare(a.ID[:], b.ID[:]))
	})
	return c
}

// bonds is the contraction of a component's claims under the decisions that
// hold.
type bonds struct {
	parent map[int32]int32
	apart  [][2]int32
	by     map[int32]truce.StatementID
	voids  []Conflict
}

func (b *bonds) find(i int32) int32 {
	for {
		p, ok := b.parent[i]
		if !ok || p == i {
			return i
		}
		i = p
	}
}

func (b *bonds) unite(i, j int32) {
	i, j = b.find(i), b.find(j)
	if i > j {
		i, j = j, i
	}
	if i != j {
		b.parent[j] = i
	}
}

// bonds contracts the claims under the decisions, oldest first. One that
// contradicts what stands changes nothing and is told as a conflict.
func (l *Linker) bonds(c *component) *bonds {
	b := &bonds{parent: map[int32]int32{}, by: map[int32]truce.StatementID{}}
	var held []*Decision
	for _, d := range c.decisions {
		ids := l.claims(d.Claims, 0)
		if against := l.contradicts(b, held, d, ids); against != nil {
			b.voids = append(b.voids, Conflict{d.ID, d.Office, against, d.Claims})
			continue
		}
		held = append(held, d)
		for k, i := range ids {
			if _, ok := b.by[i]; !ok {
				b.by[i] = d.ID
			}
			for _, j := range ids[:k] {
				if d.Same {
					b.unite(i, j)
				} else {
					b.apart = append(b.apart, [2]int32{j, i})
				}
			}
		}
	}
	return b
}

// contradicts returns the older decisions that d cannot stand beside, nil if it
// can.
func (l *Linker) contradicts(b *bonds, held []*Decision, d *Decision, ids []int32) []truce.StatementID {
	clash := false
	if d.Same { // would a barred pair become one node?
		trial := bonds{parent: map[int32]int32{}, apart: b.apart}
		for k, v := range b.parent {
			trial.parent[k] = v
		}
		for _, i := range ids {
			trial.unite(i, ids[0])
		}
		for _, a := range b.apart {
			clash = clash || trial.find(a[0]) == trial.find(a[1])
		}
		b = &trial
	} else {
		for k, i := range ids {
			for _, j := range ids[:k] {
				clash = clash || b.find(i) == b.find(j)
			}
		}
	}
	if !clash {
		return nil
	}
	nodes := map[int32]bool{}
	for _, i := range ids {
		nodes[b.find(i)] = true
	}
	var against []truce.StatementID
	for _, h := range held {
		if h.Same == d.Same {
			continue
		}
		for _, i := range l.claims(h.Claims, 0) {
			if nodes[b.find(i)] {
				against = append(against, h.ID)
				break
			}
		}
	}
	return against
}
