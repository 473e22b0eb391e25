package extract

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/marchday/marchday/truce"
)

// Template is what a text tells of events of one type, in the types and roles
// of the people whose annotated texts Learn has read.
type Template struct {
	Type    string   `json:"type"`
	Score   int64    `json:"score"` // thousandths; above 0
	Fillers []Filler `json:"fillers"`
}

// Filler is who or what fills a role, at its best mention.
type Filler struct {
	Role  string     `json:"role"`
	Text  string     `json:"text"`
	Span  truce.Span `json:"span"`
	Score int64      `json:"score"` // thousandths; above 0
	Cues  []string   `json:"cues"`  // the cues that spoke most for it
}

// weighing holds the weights of one language's fillers.tsv.
type weighing struct {
	types, roles []string
	ofType       map[string][]weight // cue of a text -> types
	ofRole       map[string][]weight // cue of a noun group -> roles
}

type weight struct {
	n int32 // index of the type or role
	w int32 // thousandths
}

const anyText = "*" // the cue that every text and noun group has

// addWeight: type or role, its name, cue, weight.
func (l *language) addWeight(c []string) error {
	if len(c) != 4 {
		return errors.New("a weight is: type or role, name, cue, thousandths")
	}
	w, err := strconv.ParseInt(c[3], 10, 32)
	if err != nil {
		return errors.New(c[3] + " is no whole number of thousandths")
	}
	if l.weights == nil {
		l.weights = &weighing{ofType: map[string][]weight{}, ofRole: map[string][]weight{}}
	}
	names, of := &l.weights.types, l.weights.ofType
	switch c[0] {
	case "type":
	case "role":
		names, of = &l.weights.roles, l.weights.ofRole
	default:
		return errors.New(c[0] + " is neither type nor role")
	}
	n := slices.Index(*names, c[1])
	if n < 0 {
		n = len(*names)
		*names = append(*names, c[1])
	}
	of[c[2]] = append(of[c[2]], weight{int32(n), int32(w)})
	return nil
}

// Templates returns what the weights of the text's language find in it: none
// where no dictionary has any. It needs a fillers.tsv, which Learn makes.
func (e *Engine) Templates(d Doc) []Template {
	w := &work{}
	cues, ok := w.cues(e, d)
	if !ok || w.t.l.weights == nil {
		return nil
	}
	x := w.t.l.weights
	out := []Template{}
	for n, score := range sum(x.ofType, len(x.types), cues.words) {
		if score > 0 {
			out = append(out, Template{Type: x.types[n], Score: score, Fillers: []Filler{}})
		}
	}
	slices.SortStableFunc(out, func(a, b Template) int { return cmp.Compare(b.Score, a.Score) })
	if len(out) == 0 {
		return out
	}
	for _, f := range w.fillers(x, cues) {
		at := 0
		bySent := sum(x.ofType, len(x.types), cues.sents[f.sent])
		for n := range out {
			if bySent[slices.Index(x.types, out[n].Type)] > bySent[slices.Index(x.types, out[at].Type)] {
				at = n
			}
		}
		out[at].Fillers = append(out[at].Fillers, f.Filler)
	}
	return out
}

// sum adds the weights of cues by type or role.
func sum(of map[string][]weight, names int, cues []string) []int64 {
	out := make([]int64, names)
	for _, c := range cues {
		for _, w := range of[c] {
			out[w.n] += int64(w.w)
		}
	}
	return out
}

// placed is a filler with where it stands.
type placed struct {
	Filler
	candidate
	plain string
}

// fillers returns who fills the roles, best first, each once: of mentions that
// overlap and of wordings within each other the best stays.
func (w *work) fillers(x *weighing, t *textCues) []placed {
	var all, out []placed
	for _, c := range t.cands {
		scores := sum(x.ofRole, len(x.roles), c.cues)
		best := 0
		for n := range scores {
			if scores[n] > scores[best] {
				best = n
			}
		}
		if len(scores) == 0 || scores[best] <= 0 {
			continue
		}
		s, e := w.t.span(c.i, c.j)
		all = append(all, placed{Filler{Role: x.roles[best], Text: w.t.src[s:e], Span: truce.Span{Start: s, End: e}, Score: scores[best]}, c, plainWords(w.t.src[s:e])})
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(b.Score, a.Score) })
	for _, f := range all {
		if f.plain == "" || slices.ContainsFunc(out, f.repeats) {
			continue
		}
		f.Cues = x.strongest(f.cues, f.Role)
		out = append(out, f)
	}
	return out
}

// repeats reports whether f says again what a better filler says.
func (f placed) repeats(better placed) bool {
	if f.sent == better.sent && f.i < better.j && better.i < f.j || f.plain == better.plain {
		return true
	}
	a, b := " "+f.plain+" ", " "+better.plain+" "
	return f.Role == better.Role && (strings.Contains(a, b) || strings.Contains(b, a))
}

// strongest lists the cues that speak most for a role.
func (x *weighing) strongest(cues []string, role string) []string {
	const shown = 4
	n := int32(slices.Index(x.roles, role))
	weigh := func(c string) int32 {
		for _, w := range x.ofRole[c] {
			if w.n == n {
				return w.w
			}
		}
		return 0
	}
	cues = slices.Clone(cues)
	slices.SortStableFunc(cues, func(a, b string) int { return cmp.Compare(weigh(b), weigh(a)) })
	cues = cues[:min(len(cues), shown)]
	return slices.DeleteFunc(cues, func(c string) bool { return weigh(c) <= 0 || c == anyText })
}

// plainWords is a wording without case, marks and a first article.
func plainWords(s string) string {
	words := strings.Fields(strings.Map(func(r rune) rune {
		if isWordRune(r) || r == ' ' || r == '\n' || r == '\t' {
			return r
		}
		return -1
	}, strings.ToLower(s)))
	if len(words) > 1 && (words[0] == "the" || words[0] == "a" || words[0] == "an") {
		words = words[1:]
	}
	return strings.Join(words, " ")
}
