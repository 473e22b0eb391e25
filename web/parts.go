package web

import (
	"html/template"
	"slices"
	"strings"
	"time"
)

// maxMarks bounds the highlights of one text; the rest is shown unmarked.
const maxMarks = 5000

// A Deadline is a clock of a case as seen at an hour.
type Deadline struct{ Due, Now time.Time }

// A Verdict is what one reading of the terms says about an incident.
type Verdict struct {
	// Office names whose reading it is.
	Office string
	// Kind is "prohibited", "exempt", "outside" or "insufficient".
	Kind string
	// Why narrows it in the reader's language: the area, the actor, what is missing.
	Why string
	// Term is the term or clock it rests on.
	Term Link
	// Illustration labels a reading that nobody gave, made up to show the page.
	Illustration bool
	// Premises are what the verdict needed, each with its statement.
	Premises []Premise
	// Terms are all that give the verdict, each with its own premises, where
	// it rests on more than one.
	Terms []CitedTerm
	// Members are the verdicts on each member of a coalition.
	Members []MemberVerdict
}

// A CitedTerm is a term that gives a verdict, with what it needed.
type CitedTerm struct {
	Term     Link
	Premises []Premise
}

// A MemberVerdict is the verdict on one member of a coalition.
type MemberVerdict struct {
	Name    string
	Verdict Verdict
}

// A Premise is one thing a verdict rests on, or lacks.
type Premise struct {
	Text      string
	Statement Link
	// Missing is set when nobody signed it.
	Missing bool
}

// Verdicts stand beside one another, one per reading, in the order of the
// record.
type Verdicts struct {
	Readings []Verdict
	Agree    bool
	// Note adds, say, that the same verdict rests on another term.
	Note string
}

// A Claim is one card: who says it, what, since when.
type Claim struct {
	ID, Speaker, Role string
	// Quote is the speaker's wording, in QuoteLang.
	Quote, QuoteLang string
	Facts            []Fact
	Statement        Link
	// Source is the document that the claim was read in.
	Source           Link
	Received         time.Time
	Note             string
	Rejected, Denial bool
}

// A Fact is a named value; an empty value reads "not stated".
type Fact struct{ Name, Value string }

// A Moment is one entry of a timeline.
type Moment struct {
	ID   string
	At   time.Time
	What Link
	Text string
	// By is "human", "machine" or empty.
	By string
}

// A Field is one question of a form, with the answer so far and what is wrong
// with it.
type Field struct {
	Name, Label, Hint, Value, Fault string
	// Type is that of the input element; Long asks for a text area.
	Type     string
	Long     bool
	Choices  []Choice
	Required bool
}

func faulty(fields []Field) []Field {
	return slices.DeleteFunc(slices.Clone(fields), func(f Field) bool { return f.Fault == "" })
}

// A Pager leads to the neighbouring pages of a list. There is no total: it
// would cost a count of everything on each page.
type Pager struct {
	Prev, Next string
	From, To   int
}

// A Drawn is a figure that the server drew.
type Drawn struct {
	SVG     template.HTML
	Caption string
	// Island is "map" or "timeline" when a script may take the figure over,
	// with its data from Source.
	Island, Source string
	// Size is "chart" or "narrow" for a figure that stays small on a wide page.
	Size string
}

// stage groups the states of a case by the sign they carry.
func stage(state string) string {
	switch state {
	case "received", "registered", "triaged", "reopened", "inquiry", "verification", "assessed", "deliberation":
		return "open"
	case "requested", "replied", "no_reply":
		return "waits"
	case "joint", "joint_reservation", "notified", "remedy":
		return "decided"
	case "parallel", "deadlock":
		return "split"
	case "closed":
		return "ended"
	}
	return "aside" // insufficient, duplicate, referred, suspended
}

// A Mark is a stretch of a text, in bytes, that stands for something found in
// it.
type Mark struct {
	From, To int
	// Layer is "claim-mark", "act", "actor", "place", "when", "count" or "speaker".
	Layer string
	// Number and Ref point a claim's mark at its row: number shown, row's id.
	Number int
	Ref    string
}

// A Segment is a stretch of text under the same marks.
type Segment struct {
	Text   string
	At     int // where it begins, in bytes
	Layers []string
	// Claims are the marks with a Ref that end here.
	Claims []Mark
}

// Class joins the layers for the class attribute.
func (s Segment) Class() string { return strings.Join(s.Layers, " ") }

// Segments cuts a text where marks begin and end, so that marks may overlap in
// any way. Marks that reach outside the text, or are empty, are left out.
func Segments(text string, marks []Mark) []Segment {
	marks = slices.DeleteFunc(slices.Clone(marks), func(m Mark) bool { return m.From < 0 || m.To > len(text) || m.From >= m.To })
	marks = marks[:min(len(marks), maxMarks)]
	cuts := []int{0, len(text)}
	for _, m := range marks {
		cuts = append(cuts, m.From, m.To)
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	var out []Segment
	for i := 0; i+1 < len(cuts); i++ {
		s := Segment{Text: text[cuts[i]:cuts[i+1]], At: cuts[i]}
		for _, m := range marks {
			if m.From > cuts[i] || m.To < cuts[i+1] {
				continue
			}
			if !slices.Contains(s.Layers, m.Layer) {
				s.Layers = append(s.Layers, m.Layer)
			}
			if m.Ref != "" && m.To == cuts[i+1] {
				s.Claims = append(s.Claims, m)
			}
		}
		out = append(out, s)
	}
	return out
}
