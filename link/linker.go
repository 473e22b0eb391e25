package link

import (
	"iter"
	"slices"

	"github.com/marchday/marchday/truce"
)

// Linker is the machine's partition with the overlay of decisions on it. It
// belongs to one goroutine.
type Linker struct {
	p         *Partition
	decisions map[truce.StatementID]*Decision
	freezes   map[truce.StatementID]*Freeze
	bound     map[int32][]*Decision  // claim -> decisions that name it
	frozen    map[int32][]*Freeze    // claim -> freezes that name it
	waiting   map[truce.ClaimRef]int // names in decisions that no claim has yet
	dirty     bool                   // held is to be counted anew
	stands    map[int32]stand        // what nameOf found since the last change
	item      Item                   // that Add or Place has in hand
	held      map[int32]int          // machine incident -> its claims that a decision or a freeze names
}

// New returns a linker without claims. It panics on a model that LoadModel
// would refuse.
func New(m Model) *Linker {
	return &Linker{
		p: newPartition(m), decisions: map[truce.StatementID]*Decision{}, freezes: map[truce.StatementID]*Freeze{},
		bound: map[int32][]*Decision{}, frozen: map[int32][]*Freeze{}, waiting: map[truce.ClaimRef]int{}, held: map[int32]int{}, stands: map[int32]stand{},
	}
}

// Row is where one claim stands: what the caller writes down.
type Row struct {
	Ref      truce.ClaimRef
	Incident truce.IncidentID // zero where it stands aside
	Role     Role
	State    State
	Sum      int32             // millibits over N claims; Weight is its floored mean
	N        int32             // claims compared
	Weight   int32             // millibits
	By       truce.StatementID // the decision or freeze that holds it there
	CopyOf   truce.ClaimRef    // the claim that it copies
	Reasons  []Reason          // parts that add up to Sum; nil where they are those of its placement
	Lineage  string            // whose account it is, or the claim that it goes back to; one lineage is one witness
}

// Role says what a claim is to its incident.
type Role string

// The roles of a claim in an incident.
const (
	RoleSupports    Role = "supports"
	RoleContradicts Role = "contradicts"
	RoleProposed    Role = "proposed" // beside an incident that is frozen
	RoleNone        Role = ""         // stands aside
)

// Change is what a call changed: the rows to write, the incidents to draw again
// and those whose name now leads elsewhere.
type Change struct {
	Rows      []Row              // in record order; each claim once
	Incidents []Incident         // every incident that Rows name or left, as it now is
	Gone      []truce.IncidentID // no incident bears this name now; Resolve says where it leads
	Placement *Placement         // of Place alone: how the machine placed the claim
	Conflicts []Conflict         // decisions that contradict older ones, in the components touched
}

// Incident is a set of claims under the name of its first.
type Incident struct {
	ID        truce.IncidentID
	Index     int64 // of the anchor's statement
	Claims    int   // that are in it, proposed ones left out
	Accounts  int   // lineages among them: copies count once
	Frozen    truce.StatementID
	Aliases   []truce.IncidentID // older names that lead here
	Responses []Response
}

// Response is a link between two incidents: one claimed as the answer to the
// other.
type Response struct {
	To     truce.IncidentID
	Claims [2]truce.ClaimRef // here and there
	By     truce.StatementID // zero where the machine saw it
}

// Placement is how the machine placed one claim. Prior and the shares add up to
// Sum exactly; Weight is Sum/N floored. The caller keeps it: it is what the
// explanation of a membership is drawn from.
type Placement struct {
	Incident truce.IncidentID
	State    State
	Sum, N   int32
	Weight   int32
	Prior    int32
	Shares   [nFields]Share
	Next     truce.IncidentID // the best of the other incidents
	NextSum  int32
	NextN    int32
	NextWhy  []Reason // parts that add up to NextSum, where a person should look at it; of Place alone
	About    bool     // joined because it says what it is about
	CopyOf   truce.ClaimRef
}

// Reason is one bar of an explanation.
type Reason struct {
	Field    string `json:"k"`
	Level    string `json:"level,omitempty"`
	Millibit int32  `json:"mb"`
	Rarity   int32  `json:"tf,omitempty"`
}

// Reasons returns the bars of the placement, the prior first. Their parts add
// up to Sum exactly.
func (p Placement) Reasons() []Reason {
	if p.N == 0 {
		return nil
	}
	return reasonsOf(p.Prior, &p.Shares)
}

func reasonsOf(prior int32, shares *[nFields]Share) []Reason {
	rs := append(make([]Reason, 0, nFields+1), Reason{Field: "prior", Millibit: prior})
	for f, s := range shares {
		if s.Level == missing {
			continue
		}
		rs = append(rs, Reason{comparisons[f].name, comparisons[f].levels[s.Level], s.Millibit, s.Rarity})
	}
	return rs
}

// reasons returns the parts of the weight of claim i against others, each pair
// by the prior of the newer, as fitReps adds them up.
func (p *Partition) reasons(i int32, others []int32) []Reason {
	var shares [nFields]Share
	for f := range shares {
		shares[f].Level = missing
	}
	prior := int32(0)
	for _, j := range others {
		if j == i {
			continue
		}
		newer, older := p.at(max(i, j)), p.at(min(i, j))
		prior += int32(newer.prior)
		p.share(newer, older, &shares)
	}
	return reasonsOf(prior, &shares)
}

// Place puts one claim where it belongs. Claims come in the order of the
// record: by index, then by offset. A name that was placed before is refused.
func (l *Linker) Place(it Item) (Change, error) {
	a := l.arrive(it)
	if a.err != nil {
		return Change{}, a.err
	}
	out := l.place(a)
	pl := l.placement(&out)
	l.suggest(&pl, &out)
	ch := l.settle(append(slices.Clone(l.p.moved), out.id))
	ch.Placement = &pl
	return ch, nil
}

// Add is Place without the rows: for loading many claims, from a file or again
// at start.
func (l *Linker) Add(it Item) (Placement, error) {
	return l.finish(l.arrive(it))
}

// arrive takes the first two steps of placing an item.
func (l *Linker) arrive(it Item) *arrival {
	l.item = it
	a := &l.p.arrival
	a.begin(&l.item)
	if a.err = l.refuse(a.it); a.err == nil {
		l.p.read(a)
		l.p.look(a, func() {})
	}
	return a
}

// finish is the last step of Add.
func (l *Linker) finish(a *arrival) (Placement, error) {
	if a.err != nil {
		return Placement{}, a.err
	}
	out := l.place(a)
	l.dirty = l.dirty || len(l.p.moved) > 0
	return l.placement(&out), nil
}

func (l *Linker) place(a *arrival) placed {
	clear(l.stands)
	out := l.p.place(a)
	l.adopt(a.it.Ref, out.id)
	return out
}

// refuse returns why an item cannot be a claim.
func (l *Linker) refuse(it *Item) error {
	if it.Ref.IsZero() {
		return bad("ref", "a claim has a name")
	}
	if _, known := l.p.refs.get(it.Ref); known {
		return &truce.Error{Kind: truce.Conflict, Field: "ref", Why: it.Ref.String() + " was placed before: remove it, or place its correction under its own name"}
	}
	if it.Point != (truce.Point{}) && !it.Point.Valid() {
		return bad("point", "lon %d lat %d is not on the earth: longitude comes first", it.Point.Lon, it.Point.Lat)
	}
	return nil
}

func (l *Linker) placement(out *placed) Placement {
	pl := Placement{State: out.state, Sum: out.best.sum, N: out.best.n, Prior: out.prior, Shares: out.shares, About: out.about}
	if pl.N > 0 {
		pl.Weight = out.best.mean()
	}
	if out.in != none {
		pl.Incident = l.name(out.in)
	}
	if out.next.n > 0 {
		pl.Next, pl.NextSum, pl.NextN = l.name(l.p.root(out.next.in)), out.next.sum, out.next.n
		if pl.Next == pl.Incident {
			pl.Next, pl.NextSum, pl.NextN = truce.IncidentID{}, 0, 0
		}
	}
	if out.original != none {
		pl.CopyOf = l.p.refs.full(out.original)
	}
	return pl
}

const suggestBits = 2000 // below the review, a rival is still worth a person's look

// suggest explains the nearest other incident where the two may be one.
func (l *Linker) suggest(pl *Placement, out *placed) {
	if pl.NextN == 0 || floorDiv(pl.NextSum, pl.NextN) < l.p.Model.Review-suggestBits {
		return
	}
	r := l.p.reps(l.p.incidents.at(l.p.root(out.next.in)))
	s, why := l.p.fitReps(out.id, &r), l.p.reasons(out.id, r.list())
	if s.n > 0 && !s.barred {
		pl.NextSum, pl.NextN, pl.NextWhy = s.sum, s.n, why
	}
}

// Similar returns the incidents that a claim may be about which nobody has
// filed yet, best first and at most n, each as the placement that would be. It
// keeps nothing.
func (l *Linker) Similar(it Item, n int) []Placement {
	p := l.p
	x := claim{&spot{}, &packed{}, &more{}}
	p.words.pack(&it, false, x)
	p.believe(&it, x)
	p.judge(x)
	var all []Placement
	a := arrival{id: none}
	p.nominate(&a, x)
	p.sift(&a, x)
	scored := slices.Clone(p.score(&a, x))
	x.prior = int16(a.prior)
	slices.SortFunc(scored, func(a, b score) int {
		if p.better(a, b) {
			return -1
		}
		return 1
	})
	for _, s := range scored {
		if len(all) == n || s.barred || s.beyond <= 0 || s.mean() < p.Model.Review-suggestBits {
			continue
		}
		name, stands := l.nameOf(p.incidents.at(s.in).anchor)
		if !stands || slices.ContainsFunc(all, func(o Placement) bool { return o.Incident == name }) {
			continue
		}
		pl := Placement{Incident: name, State: Opened, Sum: s.sum, N: s.n, Weight: s.mean()}
		pl.Prior = p.explain(x, s.in, &pl.Shares)
		switch {
		case pl.Weight >= p.Model.Auto:
			pl.State = Joined
		case pl.Weight >= p.Model.Review:
			pl.State = Provisional
		}
		all = append(all, pl)
	}
	return all
}

// name returns the machine's name of an incident: its anchor's.
func (l *Linker) name(in int32) truce.IncidentID { return l.p.refs.full(l.p.incidents.at(in).anchor) }

// Remove takes a claim out: a person rejected it, or replaced it by a claim of
// another name. Its incident keeps its name; one whose claims are all gone stays
// as a tombstone with Claims 0.
func (l *Linker) Remove(name truce.ClaimRef) (Change, error) {
	id, ok := l.p.remove(name)
	if !ok {
		return Change{}, &truce.Error{Kind: truce.Unknown, Field: "ref", Why: name.String() + " is not a claim that stands"}
	}
	return l.settle(append(slices.Clone(l.p.moved), id)), nil
}

// Resolve returns the incident that a name leads to: that of the claim so
// named, whatever merges and splits came since. It is false for an unknown name
// and for a claim that stands aside.
func (l *Linker) Resolve(name truce.IncidentID) (Incident, bool) {
	g, ok := l.groupOf(name)
	if !ok {
		return Incident{}, false
	}
	return l.incident(g), true
}

// Members returns the rows of the incident that a name leads to, in record
// order.
func (l *Linker) Members(name truce.IncidentID) []Row {
	g, ok := l.groupOf(name)
	if !ok {
		return nil
	}
	return l.rows(g)
}

func (l *Linker) groupOf(name truce.IncidentID) (*group, bool) {
	id, ok := l.p.refs.get(name)
	if !ok {
		return nil, false
	}
	groups, _ := l.groups(l.component([]int32{id}))
	for i := range groups {
		if groups[i].has(id) {
			return &groups[i], true
		}
	}
	return nil, false
}

// Row returns where a claim stands now, false where its name is unknown.
func (l *Linker) Row(name truce.ClaimRef) (Row, bool) {
	id, ok := l.p.refs.get(name)
	if !ok {
		return Row{}, false
	}
	if l.dirty {
		l.recount()
	}
	if !l.touched(id) {
		return l.machineRow(id), true
	}
	g, ok := l.groupOf(name)
	if !ok {
		return Row{}, false
	}
	for _, r := range l.rows(g) {
		if r.Ref == name {
			return r, true
		}
	}
	return Row{}, false
}

// Machine returns the machine's own incident of a claim, blind to decisions and
// freezes; false where it stands in none.
func (l *Linker) Machine(name truce.ClaimRef) (truce.IncidentID, bool) {
	id, ok := l.p.refs.get(name)
	if !ok || l.p.seats.at(id).in == none {
		return truce.IncidentID{}, false
	}
	return l.name(l.p.seats.at(id).in), true
}

// Claims yields the names of the claims that stand, in record order.
func (l *Linker) Claims() iter.Seq[truce.ClaimRef] {
	return func(yield func(truce.ClaimRef) bool) {
		for id := range l.p.claims.n {
			if l.p.at(id).flags&isGone == 0 && !yield(l.p.refs.full(id)) {
				return
			}
		}
	}
}

// Together counts the pairs of claims of different accounts that the machine put
// into one incident: what a learnt model's expected matches are held against.
func (l *Linker) Together() int64 {
	var n int64
	for in := range l.p.incidents.n {
		if l.p.incidents.at(in).held == none {
			continue
		}
		accounts, all := map[uint32]int64{}, int64(0)
		l.p.members(in, func(_ int32, c claim) bool {
			if c.flags&isGone == 0 {
				accounts[c.lineage]++
				all++
			}
			return true
		})
		n += all * (all - 1) / 2
		for _, k := range accounts {
			n -= k * (k - 1) / 2
		}
	}
	return n
}

// Model returns the model in force.
func (l *Linker) Model() Model { return l.p.Model }

// Stats returns what the engine counted so far.
func (l *Linker) Stats() Stats { return l.p.stats }
