package truce

import (
	"cmp"
	"slices"
	"strings"
)

// Marking says who may read a row, by the Traffic Light Protocol 2.0: clear is
// everybody, green every office of the centre, amber the co-chairs, the
// mediator and the centre. "amber+gov-liaison" adds one office. Nothing in the
// record is closed to any co-chair. The empty marking is amber.
type Marking string

// The levels of a marking.
const (
	Clear Marking = "clear"
	Green Marking = "green"
	Amber Marking = "amber"
)

// Validate refuses a marking that is none of the three, with or without an
// added office.
func (m Marking) Validate() error {
	level, office, added := strings.Cut(string(m), "+")
	switch Marking(level) {
	case "", Clear, Green, Amber:
	default:
		return invalid("", "%q: write clear, green, amber or amber+OFFICE", clip(string(m)))
	}
	if added && (level != string(Amber) || office == "") {
		return invalid("", "%q: only amber takes an added office", clip(string(m)))
	}
	return nil
}

// Label is a label of the Traffic Light Protocol, version 2.0, as FIRST writes it.
type Label string

// The five labels. The record knows the first three. What an office keeps on a
// mirror of its own is for that office alone; what the vault seals is for the
// persons that it is sealed to.
const (
	TLPClear       Label = "TLP:CLEAR"
	TLPGreen       Label = "TLP:GREEN"
	TLPAmber       Label = "TLP:AMBER"
	TLPAmberStrict Label = "TLP:AMBER+STRICT"
	TLPRed         Label = "TLP:RED"
)

// TLP returns the label that a page or file with rows of the marking carries.
func (m Marking) TLP() Label {
	switch m.Level() {
	case Clear:
		return TLPClear
	case Green:
		return TLPGreen
	case Amber:
	}
	return TLPAmber
}

// Smallest is the smallest number that is published of people who told
// something, whatever the procedure says.
const Smallest = 3

// SmallestCell returns the smallest number that is published of people who told
// something: the procedure's, and never less than Smallest.
func (p *Procedure) SmallestCell() int { return max(Smallest, int(p.PersonsK)) }

// A Cell is how many people told something on a day in a unit; an empty unit is
// wherever else on that day.
type Cell struct {
	Day  string  `json:"day"`
	Adm1 PlaceID `json:"adm1,omitempty"`
	N    int     `json:"n"`
}

// Published returns of cells what may be published, in order of day and unit.
// A cell under k goes into its day's rest. A rest under k takes the day's next
// smallest cells in, and where there are none it is left out.
func Published(cells []Cell, k int) []Cell {
	k = max(k, Smallest)
	days := map[string][]Cell{}
	for _, c := range cells {
		if c.N > 0 {
			days[c.Day] = append(days[c.Day], c)
		}
	}
	var out []Cell
	for day, all := range days {
		slices.SortFunc(all, func(a, b Cell) int { return cmp.Or(cmp.Compare(a.N, b.N), cmp.Compare(a.Adm1, b.Adm1)) })
		rest := Cell{Day: day}
		all = slices.DeleteFunc(all, func(c Cell) bool {
			if c.Adm1 == "" {
				rest.N += c.N
			}
			return c.Adm1 == ""
		})
		for len(all) > 0 && (all[0].N < k || rest.N > 0 && rest.N < k) {
			rest.N, all = rest.N+all[0].N, all[1:]
		}
		if rest.N >= k {
			all = append(all, rest)
		}
		out = append(out, all...)
	}
	slices.SortFunc(out, func(a, b Cell) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Adm1, b.Adm1)) })
	return out
}

// Level returns the marking without its added office; the empty one is amber.
func (m Marking) Level() Marking {
	level, _, _ := strings.Cut(string(m), "+")
	if level == "" {
		return Amber
	}
	return Marking(level)
}

// For returns amber with one office added.
func (m Marking) For(o OfficeID) Marking { return Amber + Marking("+"+string(o)) }

// Viewer is who reads: an office, or the public (the zero Viewer).
type Viewer struct {
	Office OfficeID
	Role   Role
	Party  ActorID // whom a liaison stands for
}

// Level returns the widest level that the viewer reads whole.
func (v Viewer) Level() Marking {
	switch v.Role {
	case CoChair, Mediator, Centre:
		return Amber
	case Liaison, Monitor, Humanitarian:
		return Green
	}
	return Clear
}

// SeesOf is Sees for a statement of an office, which reads again what it said.
func SeesOf(v Viewer, m Marking, said OfficeID) bool {
	return Sees(v, m) || v.Office != "" && v.Office == said
}

// Sees reports whether the viewer may read a row with the marking. The picture
// writes the same rule as one WHERE.
func Sees(v Viewer, m Marking) bool {
	switch m.Level() {
	case Clear:
		return true
	case Green:
		return v.Level() != Clear
	case Amber:
		return v.Level() == Amber || v.Office != "" && m == Amber.For(v.Office)
	}
	return false
}
