package extract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/marchday/marchday/truce"
)

// mucDoc is a text of the MUC-4 set with its templates.
type mucDoc struct {
	ID        string `json:"docid"`
	Text      string `json:"doctext"`
	Templates []struct {
		Type    string `json:"incident_type"`
		PerpInd [][][]any
		PerpOrg [][][]any
		Target  [][][]any
		Victim  [][][]any
		Weapon  [][][]any
	}
}

// mucRoles are the roles of a template, in the order of the published table.
var mucRoles = []string{"PerpInd", "PerpOrg", "Target", "Victim", "Weapon"}

// mucTemplate is one template: by role the entities, each as its mentions.
type mucTemplate struct {
	kind  string
	roles map[string][][]string
}

func readMUC(t testing.TB, name string) (docs []mucDoc, gold [][]mucTemplate) {
	t.Helper()
	for line := range bytes.Lines(shared(t, "data/muc4/"+name)) {
		var d mucDoc
		if err := json.Unmarshal(line, &d); err != nil {
			t.Fatal(err)
		}
		var all []mucTemplate
		for _, x := range d.Templates {
			g := mucTemplate{kind: x.Type, roles: map[string][][]string{}}
			for n, list := range [][][][]any{x.PerpInd, x.PerpOrg, x.Target, x.Victim, x.Weapon} {
				for _, entity := range list {
					var mentions []string
					for _, m := range entity {
						mentions = append(mentions, plainMUC(fmt.Sprint(m[0])))
					}
					g.roles[mucRoles[n]] = append(g.roles[mucRoles[n]], mentions)
				}
			}
			if !slices.ContainsFunc(all, func(o mucTemplate) bool { return fmt.Sprint(o) == fmt.Sprint(g) }) {
				all = append(all, g)
			}
		}
		docs, gold = append(docs, d), append(gold, all)
	}
	return docs, gold
}

var mucArticles = regexp.MustCompile(`\b(a|an|the)\b`)

// plainMUC writes a mention as the published scorer compares it: lower case,
// without punctuation and articles.
func plainMUC(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", r) {
			return -1
		}
		return r
	}, strings.ToLower(s))
	return strings.Join(strings.Fields(mucArticles.ReplaceAllString(s, " ")), " ")
}

// mucScore counts one role: right and all of the answers, right and all of the
// key.
type mucScore struct{ p, pAll, r, rAll int }

func (s mucScore) f1() float64 {
	if s.p == 0 || s.r == 0 {
		return 0
	}
	p, r := float64(s.p)/float64(s.pAll), float64(s.r)/float64(s.rAll)
	return 2 * p * r / (p + r)
}

// scoreMUC scores answers against a key as Du, Rush and Cardie (2021, Template
// Filling with Generative Transformers) do: answers are mapped one to one to
// templates of their type so that the micro F1 of the text is highest; an
// entity is right if all its mentions are mentions of one of the key's.
func scoreMUC(answer, key []mucTemplate) map[string]mucScore {
	var best map[string]mucScore
	mapping := make([]int, len(answer))
	var try func(n int)
	try = func(n int) {
		if n < len(answer) {
			for g := -1; g < len(key); g++ {
				if g >= 0 && (slices.Contains(mapping[:n], g) || !strings.Contains(key[g].kind, answer[n].kind)) {
					continue
				}
				mapping[n] = g
				try(n + 1)
			}
			return
		}
		if got := scoreMapping(answer, key, mapping); best == nil || got["all"].f1() > best["all"].f1() {
			best = got
		}
	}
	try(0)
	return best
}

func scoreMapping(answer, key []mucTemplate, mapping []int) map[string]mucScore {
	out := map[string]mucScore{}
	add := func(role string, p, pAll, r, rAll int) {
		for _, k := range []string{role, "all"} {
			s := out[k]
			out[k] = mucScore{s.p + p, s.pAll + pAll, s.r + r, s.rAll + rAll}
		}
		if role != "type" {
			s := out["roles"]
			out["roles"] = mucScore{s.p + p, s.pAll + pAll, s.r + r, s.rAll + rAll}
		}
	}
	within := func(mentions []string, in [][]string) bool {
		return slices.ContainsFunc(in, func(gold []string) bool {
			return !slices.ContainsFunc(mentions, func(m string) bool { return !slices.Contains(gold, m) })
		})
	}
	for n, a := range answer {
		hit := mapping[n] >= 0
		add("type", one(hit), 1, 0, 0)
		for _, role := range mucRoles {
			for _, entity := range a.roles[role] {
				add(role, one(hit && within(entity, key[max(mapping[n], 0)].roles[role])), 1, 0, 0)
			}
		}
	}
	for g, k := range key {
		n := slices.Index(mapping, g)
		add("type", 0, 0, one(n >= 0), 1)
		for _, role := range mucRoles {
			for _, gold := range k.roles[role] {
				found := n >= 0 && slices.ContainsFunc(answer[n].roles[role], func(entity []string) bool { return within(entity, [][]string{gold}) })
				add(role, 0, 0, one(found), 1)
			}
		}
	}
	return out
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// mucEngine knows, beside the embedded dictionaries, the organisations that fill
// templates of the training texts: what a mission writes into its own dictionary.
// With weights it also knows what Learn counts on them.
func mucEngine(t testing.TB, weights bool) *Engine {
	t.Helper()
	docs, gold := readMUC(t, "train.jsonl")
	var actors strings.Builder
	seen := map[string]bool{}
	for _, g := range gold {
		for _, x := range g {
			for _, entity := range x.roles["PerpOrg"] {
				for _, m := range entity {
					if len(m) < 3 || seen[m] || strings.ContainsAny(m, "|\t") || genericOrg(m) {
						continue
					}
					seen[m] = true
					fmt.Fprintf(&actors, "group:%s\t%s\tgroup\t\t\t\ten:%s\n", slug(entity[0]), entity[0], m)
				}
			}
		}
	}
	dict := fstest.MapFS{"actors.tsv": {Data: []byte(actors.String())}}
	e, err := New(Options{Dictionaries: []fs.FS{dict}})
	if err != nil {
		t.Fatal(err)
	}
	if !weights {
		return e
	}
	lang, lines, err := e.Learn(annotatedMUC(docs, gold))
	if err != nil || lang != "en" {
		t.Fatal(lang, err)
	}
	t.Logf("learnt %d lines from %d texts", bytes.Count(lines, []byte("\n"))-1, len(docs))
	dict["en/fillers.tsv"] = &fstest.MapFile{Data: lines}
	if e, err = New(Options{Dictionaries: []fs.FS{dict}}); err != nil {
		t.Fatal(err)
	}
	return e
}

// annotatedMUC writes texts and keys as marchday dict learn takes them. A type
// such as "attack / bombing" is the first.
func annotatedMUC(docs []mucDoc, gold [][]mucTemplate) []Annotated {
	var out []Annotated
	for n, d := range docs {
		x := Annotated{Text: d.Text, Lang: "en"}
		for _, g := range gold[n] {
			kind, _, _ := strings.Cut(g.kind, " / ")
			x.Templates = append(x.Templates, AnnotatedTemplate{Type: kind, Roles: g.roles})
		}
		out = append(out, x)
	}
	return out
}

// learntMUC writes the templates of a text as the scorer takes them.
func learntMUC(e *Engine, text string) []mucTemplate {
	var out []mucTemplate
	for _, x := range e.Templates(Doc{Text: text, Lang: "en", Date: e.dayStart(parseDay("1990-01-15"))}) {
		m := mucTemplate{kind: x.Type, roles: map[string][][]string{}}
		for _, f := range x.Fillers {
			m.put(f.Role, f.Text)
		}
		out = append(out, m)
	}
	return out
}

// genericOrg reports whether a filler names no organisation but a kind.
func genericOrg(s string) bool {
	return slices.Contains([]string{"army", "armed forces", "government", "police", "military", "drug mafia", "mafia", "security forces", "guerrillas", "rebels", "drug cartel", "salvadoran army", "party", "front", "command", "unit"}, s)
}

// mucKind is the incident type of an act; "" if MUC-4 wants no template for it.
func mucKind(c truce.Claim) string {
	switch c.Event {
	case "bombing", "air_strike":
		return "bombing"
	case "abduction":
		return "kidnapping"
	case "attack", "violence_unspecified", "ground_attack", "gunfire", "killing", "shelling", "missile_attack":
		return "attack"
	}
	return ""
}

// answerMUC writes the claims of a text as templates: one for each type of
// incident, with whoever fills its roles.
func answerMUC(e *Engine, text string) []mucTemplate {
	byKind := map[string]*mucTemplate{}
	var order []string
	for _, c := range e.Claims(Doc{Text: text, Lang: "en", Date: e.dayStart(parseDay("1990-01-15"))}) {
		kind := mucKind(c)
		if kind == "" || !c.Stance.Asserted() && c.Stance != truce.Denied || c.Form == truce.Background {
			continue
		}
		x := byKind[kind]
		if x == nil {
			x = &mucTemplate{kind: kind, roles: map[string][][]string{}}
			byKind[kind] = x
			order = append(order, kind)
		}
		e.fillMUC(x, c)
	}
	var out []mucTemplate
	for _, k := range order {
		if x := byKind[k]; len(x.roles) > 0 {
			out = append(out, *x)
		}
	}
	return out
}

func (x *mucTemplate) put(role, words string) {
	m := plainMUC(words)
	if m == "" || slices.ContainsFunc(x.roles[role], func(e []string) bool { return e[0] == m }) {
		return
	}
	x.roles[role] = append(x.roles[role], []string{m})
}

// fillMUC puts what a claim says of its act into a template. A force or a body
// is an organisation, people of it are individuals, and those who are hit are
// victims where they are named, targets where they are things.
func (e *Engine) fillMUC(x *mucTemplate, c truce.Claim) {
	for _, a := range c.Actors {
		if a.Text == "" || a.Via == "who.pronoun" {
			continue
		}
		kind, _, _ := strings.Cut(a.ID, ":")
		switch {
		case kind == "group" || kind == "org" || kind == "coalition":
			x.put("PerpOrg", a.Text)
		case e.endsIn(a.Text, catObject):
		case genericOrg(plainMUC(a.Text)):
			x.put("PerpOrg", a.Text)
		case kind == "country" || kind == "gov":
		default:
			x.put("PerpInd", a.Text)
		}
	}
	for _, r := range c.Targets {
		switch {
		case r.Via == "who.pronoun":
		case strings.HasPrefix(r.ID, "person:"):
			x.put("Victim", r.Text)
		case e.endsIn(r.Text, catObject):
			x.put("Target", r.Text)
		}
	}
	for _, w := range c.Weapons {
		x.put("Weapon", w.Text)
	}
}

// endsIn reports whether some words hold a mention of a category.
func (e *Engine) endsIn(s string, cat category) bool {
	w := &work{}
	return w.prepare(e, e.dict.langs["en"], Doc{Text: s}) && slices.ContainsFunc(w.t.ments, func(m mention) bool { return m.cat == cat })
}

// TestMUC4 measures templates and their roles on the development split: as the
// rules alone answer, and with weights learnt on the training split. SPLIT=train
// looks at the training split instead.
func TestMUC4(t *testing.T) {
	split := "dev"
	if s := os.Getenv("SPLIT"); s != "" {
		split = s
	}
	docs, gold := readMUC(t, split+".jsonl")
	for _, way := range []struct {
		name   string
		learnt bool
		answer func(*Engine, string) []mucTemplate
		floor  float64
	}{{"rules alone", false, answerMUC, 0.25}, {"learnt", true, learntMUC, 0.38}} {
		t.Run(way.name, func(t *testing.T) {
			e := mucEngine(t, way.learnt)
			sum := map[string]mucScore{}
			for n, d := range docs {
				got := way.answer(e, d.Text)
				for k, s := range scoreMUC(got, gold[n]) {
					o := sum[k]
					sum[k] = mucScore{o.p + s.p, o.pAll + s.pAll, o.r + s.r, o.rAll + s.rAll}
				}
				if show := os.Getenv("SHOW"); split == "train" && show != "" && strings.HasPrefix(d.ID, show) {
					t.Logf("%s\n  key    %v\n  answer %v", d.ID, gold[n], got)
				}
			}
			for _, k := range append([]string{"type"}, append(mucRoles, "roles", "all")...) {
				s := sum[k]
				t.Logf("%-8s F1 %.3f  precision %.3f (%d of %d)  recall %.3f (%d of %d)", k, s.f1(), float64(s.p)/float64(max(s.pAll, 1)), s.p, s.pAll, float64(s.r)/float64(max(s.rAll, 1)), s.r, s.rAll)
			}
			if sum["all"].f1() < way.floor {
				t.Errorf("F1 %.3f: it was above %.2f", sum["all"].f1(), way.floor)
			}
		})
	}
}
