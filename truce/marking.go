package truce

import "strings"

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
