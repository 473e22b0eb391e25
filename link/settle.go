package link

import (
	"slices"

	"github.com/marchday/marchday/truce"
)

// group is one incident of a component as it stands under the decisions.
type group struct {
	ids      []int32 // its claims in record order, gone ones included
	proposed []int32 // beside it, where it is frozen
	freeze   *Freeze
	by       map[int32]truce.StatementID // claim -> the decision that holds it here
	fits     map[int32]fitted            // claims that were placed again
	rep      reps
	alone    bool // claims that stand aside: no incident
}

// fitted is how a claim that was placed again came to stand.
type fitted struct {
	s     score
	state State
	why   []Reason // parts that add up to the score
}

func (g *group) has(id int32) bool {
	_, a := slices.BinarySearch(g.ids, id)
	return a || slices.Contains(g.proposed, id)
}

func (g *group) add(p *Partition, ids ...int32) {
	for _, id := range ids {
		at, found := slices.BinarySearch(g.ids, id)
		if found {
			continue
		}
		g.ids = slices.Insert(g.ids, at, id)
		if p.claims.at(id).flags&isGone == 0 {
			g.rep.add(p, id)
		}
	}
}

// groups returns the incidents of a component under its decisions and freezes,
// by their first claims, and the decisions that contradict older ones. It is a
// pure function of the machine's incidents and of the set of decisions.
func (l *Linker) groups(c component) ([]group, []Conflict) {
	b := l.bonds(&c)
	basins := l.basins(&c, b)
	var out []group
	for _, basin := range basins {
		out = append(out, l.part(basin, &c, b)...)
	}
	slices.SortFunc(out, func(x, y group) int { return int(x.ids[0]) - int(y.ids[0]) })
	return out, b.voids
}

// basins returns the claims that machine, decisions and freezes hold together,
// each in record order: claims of one basin may be of one incident.
func (l *Linker) basins(c *component, b *bonds) [][]int32 {
	u := bonds{parent: map[int32]int32{}}
	first := map[int32]int32{}
	node := map[int32]int32{}
	for _, i := range c.ids {
		if in := l.p.seats.at(i).in; in != none {
			if f, ok := first[in]; ok {
				u.unite(f, i)
			} else {
				first[in] = i
			}
		}
		if f, ok := node[b.find(i)]; ok {
			u.unite(f, i)
		} else {
			node[b.find(i)] = i
		}
	}
	for _, f := range c.freezes {
		ids := l.claims(f.Claims, 0)
		for _, i := range ids {
			u.unite(ids[0], i)
		}
	}
	at := map[int32]int{}
	var out [][]int32
	for _, i := range c.ids {
		k, ok := at[u.find(i)]
		if !ok {
			k = len(out)
			at[u.find(i)] = k
			out = append(out, nil)
		}
		out[k] = append(out[k], i)
	}
	return out
}

// part divides one basin into its incidents.
func (l *Linker) part(ids []int32, c *component, b *bonds) []group {
	w := work{l: l, b: b, nodes: map[int32][]int32{}, done: map[int32]bool{}}
	frozen := false
	for _, i := range ids {
		w.nodes[b.find(i)] = append(w.nodes[b.find(i)], i)
	}
	for _, f := range c.freezes {
		frozen = w.freeze(f, ids) || frozen
	}
	barred := w.barred(ids)
	if !frozen && len(barred) == 0 {
		return []group{w.whole(ids)}
	}
	for _, i := range barred {
		w.place(i, frozen)
	}
	for _, i := range ids {
		if l.p.at(i).flags&isGone == 0 {
			w.place(i, frozen)
		}
	}
	w.ghosts(ids)
	out := make([]group, 0, len(w.groups))
	for _, g := range w.groups {
		out = append(out, *g)
	}
	return out
}

// work is the state of dividing one basin.
type work struct {
	l      *Linker
	b      *bonds
	nodes  map[int32][]int32 // root of a contracted node -> its claims
	done   map[int32]bool    // nodes that stand
	groups []*group
}

// whole returns a basin that nothing divides.
func (w *work) whole(ids []int32) group {
	g := group{by: map[int32]truce.StatementID{}}
	g.add(w.l.p, ids...)
	held := map[int32]truce.StatementID{} // machine incident -> the decision that brought it here
	home := w.l.p.seats.at(ids[0]).in
	for _, i := range ids {
		in := w.l.p.seats.at(i).in
		if by, ok := w.b.by[i]; ok && len(w.nodes[w.b.find(i)]) > 1 {
			g.by[i] = by
			if _, known := held[in]; !known && in != none {
				held[in] = by
			}
		}
	}
	for _, i := range ids {
		in := w.l.p.seats.at(i).in
		if _, ok := g.by[i]; !ok && in != home && in != none {
			g.by[i] = held[in]
		}
	}
	g.alone = home == none && len(ids) == 1
	return g
}

// freeze makes the incident that an officer saw, and reports whether f is of
// this basin. Claims that a decision took out of it, or that an older freeze
// holds, are left.
func (w *work) freeze(f *Freeze, ids []int32) bool {
	g := &group{freeze: f, by: map[int32]truce.StatementID{}, fits: map[int32]fitted{}}
	seen := w.l.claims(f.Claims, 0)
	slices.Sort(seen)
	mine := false
	for _, i := range seen {
		if _, ok := slices.BinarySearch(ids, i); !ok {
			continue
		}
		mine = true
		root := w.b.find(i)
		if w.done[root] || w.bars(root, g) {
			continue
		}
		w.done[root] = true
		g.add(w.l.p, w.nodes[root]...)
		for _, j := range w.nodes[root] {
			g.by[j] = f.ID
			if by, ok := w.b.by[j]; ok && len(w.nodes[root]) > 1 {
				g.by[j] = by
			}
		}
	}
	if len(g.ids) > 0 {
		w.groups = append(w.groups, g)
	}
	return mine
}

// bars reports whether a decision keeps a node out of a group.
func (w *work) bars(root int32, g *group) bool {
	for _, a := range w.b.apart {
		x, y := w.b.find(a[0]), w.b.find(a[1])
		other := int32(none)
		switch root {
		case x:
			other = y
		case y:
			other = x
		}
		if other != none && len(w.nodes[other]) > 0 && g.has(w.nodes[other][0]) {
			return true
		}
	}
	return false
}

// barred returns the claims of the basin that a decision keeps apart from
// another claim of it, in record order.
func (w *work) barred(ids []int32) []int32 {
	var out []int32
	for _, i := range ids {
		for _, a := range w.b.apart {
			x, y := w.b.find(a[0]), w.b.find(a[1])
			if (w.b.find(i) == x || w.b.find(i) == y) && len(w.nodes[x]) > 0 && len(w.nodes[y]) > 0 {
				out = append(out, i)
				break
			}
		}
	}
	return out
}

// place puts the node of claim i where it fits best among the basin's
// incidents. Beside a frozen one the model's thresholds hold; else what the
// machine or a decision held together stays together but for what is barred.
func (w *work) place(i int32, frozen bool) {
	root := w.b.find(i)
	if w.done[root] {
		return
	}
	w.done[root] = true
	best, to := w.best(root)
	ids := w.nodes[root]
	m := w.l.p.Model
	enough := to != nil && best.beyond > 0 && best.mean() >= m.Review
	switch {
	case to != nil && to.freeze != nil && enough && len(ids) == 1 && w.b.by[i].IsZero():
		to.proposed = append(to.proposed, i)
		to.fits[i] = fitted{best, Proposed, w.why(ids, to)}
		return
	case to == nil || to.freeze != nil || frozen && !enough:
		to = &group{by: map[int32]truce.StatementID{}, fits: map[int32]fitted{}}
		x := w.l.p.at(i)
		to.alone = len(ids) == 1 && (w.l.p.seats.at(i).in == none || x.flags&isSupport != 0)
		to.fits[i] = fitted{state: Opened}
		if to.alone {
			to.fits[i] = fitted{state: Alone}
		}
		w.groups = append(w.groups, to)
	case best.mean() >= m.Auto && !w.l.p.otherDay(w.l.p.at(i), to.rep.list()):
		to.fits[i] = fitted{best, Joined, w.why(ids, to)}
	default:
		to.fits[i] = fitted{best, Provisional, w.why(ids, to)}
	}
	to.add(w.l.p, ids...)
	for _, j := range ids {
		if by, ok := w.b.by[j]; ok {
			to.by[j] = by
		}
	}
}

// why returns the parts of a node's score against a group, as best adds it up.
func (w *work) why(node []int32, g *group) []Reason {
	var all []Reason
	for _, i := range node {
		if w.l.p.at(i).flags&isGone != 0 {
			continue
		}
		for _, r := range w.l.p.reasons(i, g.rep.list()) {
			k := slices.IndexFunc(all, func(o Reason) bool { return o.Field == r.Field })
			if k < 0 {
				all = append(all, r)
				continue
			}
			all[k].Millibit, all[k].Rarity = all[k].Millibit+r.Millibit, all[k].Rarity+r.Rarity
		}
	}
	return all
}

// best returns the group that a node fits best, nil if every one is barred.
func (w *work) best(root int32) (score, *group) {
	var best score
	var to *group
	p := w.l.p
	for _, g := range w.groups {
		if g.alone || w.bars(root, g) {
			continue
		}
		s := score{}
		for _, i := range w.nodes[root] {
			if p.at(i).flags&isGone != 0 {
				continue
			}
			f := p.fitReps(i, &g.rep)
			s.sum, s.beyond, s.n, s.barred = s.sum+f.sum, s.beyond+f.beyond, s.n+f.n, s.barred || f.barred
		}
		if s.n == 0 || s.barred {
			continue
		}
		l, r := int64(s.sum)*int64(best.n), int64(best.sum)*int64(s.n)
		if to == nil || l > r || l == r && g.ids[0] < to.ids[0] {
			best, to = s, g
		}
	}
	return best, to
}

// ghosts puts the claims that are gone with the first claim that stands of
// their machine incident, so that names lead somewhere; where none stands they
// stay as a tombstone.
func (w *work) ghosts(ids []int32) {
	p := w.l.p
	for _, i := range ids {
		if p.at(i).flags&isGone == 0 || w.done[w.b.find(i)] {
			continue
		}
		var home *group
		for _, g := range w.groups {
			if home == nil && slices.ContainsFunc(g.ids, func(j int32) bool { return p.seats.at(j).in == p.seats.at(i).in }) {
				home = g
			}
		}
		if home == nil {
			home = &group{by: map[int32]truce.StatementID{}}
			w.groups = append(w.groups, home)
		}
		home.add(p, i)
	}
}

// fitReps scores claim i against a group's representatives, by what claims say
// and the prior of the newer of each two alone: what came since changes nothing.
func (p *Partition) fitReps(i int32, r *reps) score {
	x := p.at(i)
	var s score
	for _, j := range r.list() {
		y := p.at(j)
		if p.exchange(x, y) {
			s.barred = true
		}
		newer, older := x, y
		if j > i {
			newer, older = y, x
		}
		w, beyond := p.weigh(newer, older)
		s.sum, s.beyond, s.n = s.sum+w+int32(newer.prior), s.beyond+beyond, s.n+1
	}
	return s
}

// settle returns what stands now for the claims touched and for all that is
// held together with them.
func (l *Linker) settle(touched []int32) Change {
	var ch Change
	clear(l.stands)
	if l.dirty || len(l.p.moved) > 0 {
		l.recount()
	}
	var held []int32
	slices.Sort(touched)
	touched = slices.Compact(touched)
	drawn := map[int32]bool{}
	for _, id := range touched {
		if l.touched(id) {
			held = append(held, id)
			continue
		}
		ch.Rows = append(ch.Rows, l.machineRow(id))
		x := l.p.seats.at(id)
		if x.fit.opener() && x.in != none && l.p.incidents.at(x.in).anchor != id {
			ch.Gone = append(ch.Gone, l.p.refs.full(id))
		}
		if x.in != none && !drawn[x.in] {
			drawn[x.in] = true
			ch.Incidents = append(ch.Incidents, l.machineIncident(x.in))
		}
	}
	if len(held) == 0 {
		return ch
	}
	groups, voids := l.groups(l.component(held))
	ch.Conflicts = voids
	for i := range groups {
		g := &groups[i]
		ch.Rows = append(ch.Rows, l.rows(g)...)
		if g.alone {
			continue
		}
		ch.Incidents = append(ch.Incidents, l.incident(g))
		for _, id := range append(slices.Clone(g.ids[1:]), g.proposed...) {
			ch.Gone = append(ch.Gone, l.p.refs.full(id))
		}
	}
	slices.SortFunc(ch.Rows, func(a, b Row) int { return int(l.number(a.Ref)) - int(l.number(b.Ref)) })
	return ch
}

// touched reports whether a decision or a freeze bears on claim id or on its
// machine incident.
func (l *Linker) touched(id int32) bool {
	in := l.p.seats.at(id).in
	return l.bound[id] != nil || l.frozen[id] != nil || in != none && l.held[in] > 0
}

func (l *Linker) number(name truce.ClaimRef) int32 {
	id, _ := l.p.refs.get(name)
	return id
}

// recount counts anew which machine incidents hold claims that people named.
func (l *Linker) recount() {
	clear(l.held)
	l.dirty = false
	for id := range l.bound {
		if in := l.p.seats.at(id).in; in != none {
			l.held[in]++
		}
	}
	for id := range l.frozen {
		if in := l.p.seats.at(id).in; in != none {
			l.held[in]++
		}
	}
}

// machineRow returns the row of a claim that no decision touches.
func (l *Linker) machineRow(id int32) Row {
	r, in := l.row(id), l.p.seats.at(id).in
	if in == none || l.p.claims.at(id).flags&isGone != 0 {
		r.State, r.Role = Alone, RoleNone
		return r
	}
	r.Incident = l.name(in)
	return r
}

func (l *Linker) row(id int32) Row {
	x, fit := l.p.at(id), l.p.seats.at(id).fit
	r := Row{Ref: l.p.refs.full(id), State: fit.state(), Sum: fit.sum(), N: fit.n(), Role: RoleSupports, Lineage: l.lineageName(id, x)}
	if others, ok := l.p.restated[id]; ok && len(others) > 0 {
		r.Reasons = l.p.reasons(id, others)
	} else if ok {
		r.Reasons = []Reason{}
	}
	if r.N > 0 {
		r.Weight = floorDiv(r.Sum, r.N)
	}
	if x.flags&isDenial != 0 {
		r.Role = RoleContradicts
	}
	if o, ok := l.p.copies[id]; ok {
		r.CopyOf = l.p.refs.full(o)
	}
	return r
}

// lineageName returns the account's name as it was stated, or the claim that it
// goes back to.
func (l *Linker) lineageName(id int32, x claim) string {
	if x.lineage&own != 0 {
		return l.p.refs.full(int32(x.lineage &^ own)).String()
	}
	return l.p.words.lineageNames[x.lineage]
}

// rows returns the rows of a group, claims that are gone included.
func (l *Linker) rows(g *group) []Row {
	var out []Row
	name := l.p.refs.full(g.ids[0])
	one := func(id int32) {
		x := l.p.at(id)
		r := l.row(id)
		if f, ok := g.fits[id]; ok {
			r.State, r.Sum, r.N, r.Weight, r.Reasons = f.state, f.s.sum, f.s.n, 0, f.why
			if f.why == nil {
				r.Reasons = []Reason{}
			}
			if r.N > 0 {
				r.Weight = f.s.mean()
			}
		}
		if by := g.by[id]; !by.IsZero() {
			r.State, r.By = Pinned, by
		}
		switch {
		case g.alone || x.flags&isGone != 0:
			r.State, r.Role, r.By = Alone, RoleNone, truce.StatementID{}
		default:
			r.Incident = name
		}
		if r.State == Proposed {
			r.Role = RoleProposed
		}
		out = append(out, r)
	}
	for _, id := range g.ids {
		one(id)
	}
	for _, id := range g.proposed {
		one(id)
	}
	return out
}

// incident describes a group.
func (l *Linker) incident(g *group) Incident {
	in := Incident{ID: l.p.refs.full(g.ids[0])}
	if g.freeze != nil {
		in.Frozen = g.freeze.ID
	}
	accounts := map[uint32]bool{}
	for _, id := range g.ids {
		x := l.p.at(id)
		if l.p.seats.at(id).fit.opener() && id != g.ids[0] {
			in.Aliases = append(in.Aliases, l.p.refs.full(id))
		}
		if x.flags&isGone == 0 {
			in.Claims++
			accounts[x.lineage] = true
		}
	}
	in.Accounts = len(accounts)
	in.Responses = l.responses(g)
	return in
}

// machineIncident describes an incident that no decision touches.
func (l *Linker) machineIncident(in int32) Incident {
	g := group{}
	l.p.members(in, func(i int32, _ claim) bool { g.ids = append(g.ids, i); return true })
	return l.incident(&g)
}

const maxResponses = 64

// responses returns the links of claims to claims of other incidents.
func (l *Linker) responses(g *group) []Response {
	var out []Response
	add := func(id, other int32, by truce.StatementID) {
		here, there := l.p.at(id), l.p.at(other)
		if len(out) == maxResponses || (here.flags|there.flags)&isGone != 0 || g.has(other) {
			return
		}
		if to, ok := l.nameOf(other); ok {
			out = append(out, Response{to, [2]truce.ClaimRef{l.p.refs.full(id), l.p.refs.full(other)}, by})
		}
	}
	for _, id := range g.ids {
		for _, other := range l.p.links[id] {
			add(id, other, truce.StatementID{})
		}
		for _, d := range l.bound[id] {
			if !d.Response || d.Same {
				continue
			}
			for _, other := range l.claims(d.Claims, 0) {
				add(id, other, d.ID)
			}
		}
	}
	return out
}

// stand is the incident that a claim is in, if it is in one.
type stand struct {
	in     truce.IncidentID
	within bool
}

// nameOf returns the name of the incident that claim id is in now, false where
// it stands aside.
func (l *Linker) nameOf(id int32) (truce.IncidentID, bool) {
	if !l.touched(id) {
		in := l.p.seats.at(id).in
		if in == none {
			return truce.IncidentID{}, false
		}
		return l.name(in), true
	}
	s, known := l.stands[id]
	if !known {
		groups, _ := l.groups(l.component([]int32{id}))
		for i := range groups {
			g := &groups[i]
			at := stand{l.p.refs.full(g.ids[0]), !g.alone}
			for _, j := range slices.Concat(g.ids, g.proposed) {
				l.stands[j] = at
			}
		}
		s = l.stands[id]
	}
	return s.in, s.within
}
