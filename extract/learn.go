package extract

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Annotated is a text with the templates that people filled from it.
type Annotated struct {
	Text      string              `json:"text"`
	Lang      string              `json:"lang,omitempty"` // en, ar, ru; empty: told from the text
	Templates []AnnotatedTemplate `json:"templates"`
}

// AnnotatedTemplate is one event: its type, and by role who and what filled it,
// each as the wordings that the text has for it.
type AnnotatedTemplate struct {
	Type  string                `json:"type"`
	Roles map[string][][]string `json:"roles"`
}

const (
	minTexts      = 20      // with a template, to learn anything
	maxTexts      = 100_000 // that are read
	least         = 2       // texts that a cue must stand in
	roundsOfTypes = 20      // over all texts
	roundsOfRoles = 12      // over all texts
	marginOfTypes = 300     // corrections by which a right answer must lead
	marginOfRoles = 20      // the same for roles
	stride        = 7919    // the order in which texts are gone through: a prime
	thousandth    = int64(1000)
	slight        = 500 // thousandths: a weight below it is not worth its line
)

// Learn counts which words tell a type of event and which cues of a noun group
// tell the role that it fills, and returns the counts as the lines of a
// fillers.tsv for the texts' language. Whenever the counts so far answer a text
// wrongly, each of its cues is counted once for the right answer and once against
// the wrong one; the line has the mean over all texts. The same texts in the same
// order give the same bytes. Texts in another language than most are left out.
func (e *Engine) Learn(texts []Annotated) (lang string, lines []byte, err error) {
	if len(texts) > maxTexts {
		return "", nil, fmt.Errorf("learn from %d texts: the limit is %d", len(texts), maxTexts)
	}
	l := learner{roles: []string{""}, ids: map[string]int32{}}
	l.name(texts)
	lang = e.commonest(texts)
	w := &work{}
	told := 0
	for _, t := range texts {
		cues, ok := w.cues(e, Doc{Text: t.Text, Lang: cmp.Or(t.Lang, e.Language(t.Text))})
		if !ok || w.t.l.code != lang {
			continue
		}
		l.read(w, cues, t)
		told += min(len(t.Templates), 1)
	}
	if told < minTexts {
		return "", nil, fmt.Errorf("learn from %d texts that tell of something: %d are the least", told, minTexts)
	}
	l.dropRare()
	l.measure()
	return lang, l.write(), nil
}

// commonest is the language that most texts are in.
func (e *Engine) commonest(texts []Annotated) string {
	counts := map[string]int{}
	for _, t := range texts {
		counts[cmp.Or(t.Lang, e.Language(t.Text))]++
	}
	best := ""
	for _, code := range slices.Sorted(maps.Keys(counts)) {
		if counts[code] > counts[best] {
			best = code
		}
	}
	return best
}

// learner holds texts as numbers.
type learner struct {
	types, roles []string // roles[0] is none
	ids          map[string]int32
	cues         []string // by number
	texts        []learnt
	margin       int64 // corrections by which a right type must lead: as many as a text has words
}

type learnt struct {
	types []bool // by type
	words []int32
	cands []example
}

type example struct {
	role int // 0 is none
	cues []int32
}

// name lists the types and roles of the texts in order of the alphabet.
func (l *learner) name(texts []Annotated) {
	types, roles := map[string]bool{}, map[string]bool{}
	for _, t := range texts {
		for _, x := range t.Templates {
			types[x.Type] = true
			for r := range x.Roles {
				roles[r] = true
			}
		}
	}
	l.types = slices.Sorted(maps.Keys(types))
	l.roles = append(l.roles, slices.Sorted(maps.Keys(roles))...)
}

func (l *learner) id(cue string) int32 {
	n, ok := l.ids[cue]
	if !ok {
		cue = strings.Clone(cue)
		n = int32(len(l.cues))
		l.ids[cue] = n
		l.cues = append(l.cues, cue)
	}
	return n
}

func (l *learner) idsOf(kind string, cues []string) []int32 {
	out := make([]int32, 0, len(cues))
	for _, c := range cues {
		if c != anyText {
			out = append(out, l.id(kind+c))
		}
	}
	return out
}

// read adds a text. A noun group fills a role if its words are one of the
// wordings given, wherever it stands.
func (l *learner) read(w *work, cues *textCues, t Annotated) {
	x := learnt{types: make([]bool, len(l.types)), words: l.idsOf("type\t", cues.words)}
	fills := map[string]int{}
	for _, tpl := range t.Templates {
		x.types[slices.Index(l.types, tpl.Type)] = true
		for n, role := range l.roles {
			for _, entity := range tpl.Roles[role] {
				for _, wording := range entity {
					if p := plainWords(wording); fills[p] == 0 {
						fills[p] = n
					}
				}
			}
		}
	}
	for _, c := range cues.cands {
		s, e := w.t.span(c.i, c.j)
		x.cands = append(x.cands, example{fills[plainWords(w.t.src[s:e])], l.idsOf("role\t", c.cues)})
	}
	l.texts = append(l.texts, x)
}

// dropRare takes out the cues of one text alone: they tell nothing of others.
func (l *learner) dropRare() {
	in, last := make([]int, len(l.cues)), make([]int, len(l.cues))
	see := func(n int, cues []int32) {
		for _, c := range cues {
			if last[c] != n+1 {
				last[c] = n + 1
				in[c]++
			}
		}
	}
	for n := range l.texts {
		see(n, l.texts[n].words)
		for _, x := range l.texts[n].cands {
			see(n, x.cues)
		}
	}
	rare := func(c int32) bool { return in[c] < least }
	for n := range l.texts {
		t := &l.texts[n]
		t.words = slices.DeleteFunc(t.words, rare)
		for k := range t.cands {
			t.cands[k].cues = slices.DeleteFunc(t.cands[k].cues, rare)
		}
	}
}

// measure sets the margin of types: as many corrections as a text has cues.
func (l *learner) measure() {
	all := 0
	for _, t := range l.texts {
		all += len(t.words)
	}
	l.margin = int64(max(all/len(l.texts), 1))
}

// inTurn calls f for every text, so many rounds.
func (l *learner) inTurn(rounds int, f func(*learnt)) {
	step := stride
	if len(l.texts)%step == 0 {
		step = 1
	}
	for range rounds {
		for n := range l.texts {
			f(&l.texts[n*step%len(l.texts)])
		}
	}
}

// counts are corrections by cue: as they stand, and weighed by when they came,
// for the mean.
type counts struct {
	now, sum []int64
	turns    int64
}

func newCounts(n int) *counts { return &counts{make([]int64, n), make([]int64, n), 1} }

func (c *counts) of(cues []int32) (s int64) {
	for _, k := range cues {
		s += c.now[k]
	}
	return s
}

func (c *counts) correct(cues []int32, by, turn int64) {
	for _, k := range cues {
		c.now[k] += by
		c.sum[k] += by * turn
	}
}

// mean returns a cue's mean count over all turns, in thousandths.
func (c *counts) mean(k int, turns int64) int64 {
	return c.now[k]*thousandth - c.sum[k]*thousandth/turns
}

// countType counts the words that tell of one type.
func (l *learner) countType(n int) *counts {
	c := newCounts(len(l.cues))
	l.inTurn(roundsOfTypes, func(t *learnt) {
		sign := int64(-1)
		if t.types[n] {
			sign = 1
		}
		if sign*c.of(t.words) <= l.margin {
			c.correct(t.words, sign, c.turns)
		}
		c.turns++
	})
	return c
}

// countRoles counts the cues that tell the roles, none included.
func (l *learner) countRoles() (all []*counts, turns int64) {
	for range l.roles {
		all = append(all, newCounts(len(l.cues)))
	}
	turns = 1
	scores := make([]int64, len(all))
	l.inTurn(roundsOfRoles, func(t *learnt) {
		for _, x := range t.cands {
			best := -1
			for n, c := range all {
				scores[n] = c.of(x.cues)
				if n != x.role && (best < 0 || scores[n] > scores[best]) {
					best = n
				}
			}
			if best >= 0 && scores[best]+marginOfRoles > scores[x.role] {
				all[x.role].correct(x.cues, 1, turns)
				all[best].correct(x.cues, -1, turns)
			}
			turns++
		}
	})
	return all, turns
}

// write writes what was counted. A score that is below zero by less than half of
// the margin, of roles three quarters, counts as a yes: what is not found costs
// more than what a person strikes out.
func (l *learner) write() []byte {
	var out []string
	line := func(kind, name, cue string, w int64) {
		if w >= slight || w <= -slight {
			out = append(out, fmt.Sprintf("%s\t%s\t%s\t%d\n", kind, name, cue, w))
		}
	}
	for n, name := range l.types {
		c := l.countType(n)
		line("type", name, anyText, l.margin*thousandth/2)
		for k, cue := range l.cues {
			if word, ok := strings.CutPrefix(cue, "type\t"); ok {
				line("type", name, word, c.mean(k, c.turns))
			}
		}
	}
	all, turns := l.countRoles()
	for n, name := range l.roles[1:] {
		line("role", name, anyText, marginOfRoles*thousandth*3/4)
		for k, cue := range l.cues {
			if word, ok := strings.CutPrefix(cue, "role\t"); ok {
				line("role", name, word, all[n+1].mean(k, turns)-all[0].mean(k, turns))
			}
		}
	}
	slices.Sort(out)
	return []byte("# Weights learnt from annotated texts by marchday dict learn: type or role, name, cue, thousandths.\n" + strings.Join(out, ""))
}
