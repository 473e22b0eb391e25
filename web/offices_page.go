package web

import (
	"slices"
	"strconv"
	"strings"

	"github.com/marchday/marchday/truce"
)

type officesPage struct {
	page
	Offices []officePart
	Revoke  []Field // of the visitor's own keys
	Only    bool    // a revocation is signed off the server
	Fault   string
}

// officePart is an office with its duties and keys.
type officePart struct {
	ID               truce.OfficeID
	Name, Role, Duty string
	Party, Through   string
	May              []string
	Keys             []keyPart
}

// keyPart is a key with the indexes of the record between which it is good, and
// the end that it may have by the clock.
type keyPart struct {
	ID          truce.KeyID
	Class, Desk string
	Since       Link
	Until       Link // the statement that ended it
	End         string
	FromSeed    bool
	Good        bool   // now
	Asked       string // how many roots want it revoked in an emergency, while they are too few
}

// until is what ended a key, or when it ends by itself.
func (k keyPart) until() Cell {
	if k.Until.Href == "" && k.End != "" {
		return Cell{Text: k.End, Short: true}
	}
	return linked(k.Until)
}

// offices shows who speaks here, with which keys, and what each may say.
func (s *site) offices(v *visit) error {
	p, err := queryOffices(v)
	if err != nil {
		return err
	}
	return v.show("offices", p)
}

func queryOffices(v *visit) (*officesPage, error) {
	p := &officesPage{page: v.page()}
	keys, err := v.keys()
	if err != nil {
		return nil, err
	}
	t := p.add(&Table{ID: "office-keys", Caption: v.t.T("offices.keys"), Columns: v.columns("office", "class", "key", "since", "until", "note")})
	for _, o := range v.house.Offices {
		part := officePart{ID: o.ID, Name: v.officeName(o.ID), Role: v.t.T("role." + roleKey(o.Role)), Duty: v.t.T("duty." + roleKey(o.Role)), Keys: keys[o.ID]}
		if o.Party != "" {
			part.Party = v.name(string(o.Party))
		}
		if o.Through != "" {
			part.Through = v.officeName(o.Through)
		}
		for _, k := range truce.Kinds() {
			if len(k.Who) == 0 || slices.Contains(k.Who, o.Role) {
				part.May = append(part.May, v.kindName(k.Kind))
			}
		}
		for _, k := range keys[o.ID] {
			note := pick(k.FromSeed, v.t.T("offices.from_seed"), "")
			if k.Asked != "" && k.Good {
				note = strings.TrimSpace(note + " " + k.Asked)
			}
			t.Rows = append(t.Rows, Row{Cells: []Cell{{Text: part.Name, Value: string(o.ID)}, {Text: v.t.T("key_class." + k.Class), Value: k.Class}, {Text: string(k.ID)}, linked(k.Since), k.until(), {Text: note}}})
		}
		p.Offices = append(p.Offices, part)
	}
	p.Only = v.s.o.Demo == nil
	if v.may("key") {
		p.Revoke = v.revokeFields(keys[v.me.ID])
	}
	return p, nil
}

// revokeFields ask which of an office's own good keys is to end, and why.
func (v *visit) revokeFields(keys []keyPart) []Field {
	var good []Choice
	for _, k := range keys {
		if k.Good {
			good = append(good, Choice{string(k.ID), v.t.T("key_class."+k.Class) + " " + string(k.ID) + " " + k.Desk})
		}
	}
	if len(good) == 0 {
		return nil
	}
	t := v.t
	return []Field{{Name: "key", Label: t.T("col.key"), Choices: good, Required: true}, {Name: "why", Label: t.T("col.why"), Required: true},
		{Name: "emergency", Label: t.T("offices.emergency"), Hint: t.T("offices.emergency_hint"), Choices: []Choice{{"yes", t.T("offices.emergency_yes")}}}}
}

// revoke ends a key of the visitor's office from the next entry on. It binds
// the office: outside a demonstration it is signed by passkey or off the server.
func (s *site) revoke(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	body := &truce.KeyAct{Act: truce.Revoke, Office: v.me.ID, Key: truce.KeyID(form.Get("key")), Why: strings.TrimSpace(form.Get("why")), Emergency: form.Get("emergency") == "yes"}
	if err = body.Validate(); err == nil {
		if s.o.Demo == nil || form.Get("how-sign") != "" {
			return v.showSign(body, "/offices", sealedPart{}, "")
		}
		_, err = v.say(body)
	}
	if err == nil {
		return v.see("/offices#office-keys")
	}
	status, kind := statusOf(err)
	if kind == "internal" {
		return err
	}
	p, qerr := queryOffices(v)
	if qerr != nil {
		return qerr
	}
	p.Fault = problemOf(v.t, err).Detail
	return v.s.pages.Render(v.w, status, "offices", p)
}

// keys are all keys ever granted, per office, read from the statements that
// grant, rotate and revoke them.
func (v *visit) keys() (map[truce.OfficeID][]keyPart, error) {
	all, err := v.bodies("founding", "key")
	if err != nil {
		return nil, err
	}
	out := map[truce.OfficeID][]keyPart{}
	end := func(id truce.KeyID, at int64) {
		for _, list := range out {
			for i := range list {
				if list[i].ID == id {
					list[i].Until, list[i].Good = statementLink(at), false
				}
			}
		}
	}
	note := func(id truce.KeyID, words string) {
		for _, list := range out {
			for i := range list {
				if list[i].ID == id {
					list[i].Asked = words
				}
			}
		}
	}
	grant := func(k truce.KeyAct, at int64) {
		part := keyPart{ID: truce.KeyIDOf(k.Public), Class: string(k.Class), Desk: k.Desk, Since: statementLink(at), FromSeed: k.FromSeed, Good: k.End == 0 || v.s.o.Centre.Now() < k.End}
		if k.End != 0 {
			part.End = v.instant(k.End).Text
		}
		out[k.Office] = append(out[k.Office], part)
	}
	asked := map[truce.KeyID]map[truce.OfficeID]bool{} // by others, in an emergency
	for _, s := range all {
		switch b := s.body.(type) {
		case *truce.Founding:
			for _, k := range b.Keys {
				grant(k, s.Index)
			}
		case *truce.KeyAct:
			if b.Act == truce.Revoke {
				if slices.ContainsFunc(out[s.Office], func(k keyPart) bool { return k.ID == b.Key }) {
					end(b.Key, s.Index)
					continue
				}
				if asked[b.Key] == nil {
					asked[b.Key] = map[truce.OfficeID]bool{}
				}
				asked[b.Key][s.Office] = true
				if n := len(asked[b.Key]); n >= truce.RootsNeeded(v.house.Offices, &v.house.Procedure) {
					end(b.Key, s.Index)
				} else {
					note(b.Key, v.t.T("offices.roots", "n", n, "k", truce.RootsNeeded(v.house.Offices, &v.house.Procedure)))
				}
				continue
			}
			if b.Act == truce.Rotate {
				end(b.Replaces, s.Index)
			}
			grant(*b, s.Index)
		}
	}
	return out, nil
}

type wordsPage struct {
	page
	Acts, Weapons, Objects []node
	Clocks                 []Fact
	Zone, CutOff           string
}

// node is a word of the taxonomy with what lies below it.
type node struct {
	Name, Label string
	Below       []node
}

// wordsAndRules publishes the taxonomy, the kinds of statement and the rules of
// the docket, from the code's own tables.
func (s *site) wordsAndRules(v *visit) error { return v.show("words", queryWords(v)) }

func queryWords(v *visit) *wordsPage {
	p := &wordsPage{page: v.page(), Zone: v.house.Procedure.Zone.Name, CutOff: v.house.Procedure.CutOff}
	p.Acts, p.Weapons, p.Objects = v.tree(truce.Acts), v.tree(truce.Weapons), v.tree(truce.Objects)
	for _, c := range v.house.Procedure.Clocks {
		p.Clocks = append(p.Clocks, Fact{v.t.T("clock_of." + c.Name), v.t.Span(v.local(truce.Instant(c.Seconds) + 1).Sub(v.local(1)))})
	}
	v.kindTable(p)
	v.arrowTable(p)
	p.find(v.q.Get("q"))
	return p
}

func (v *visit) tree(kind truce.NodeKind) []node {
	var below func(parent string) []node
	below = func(parent string) []node {
		var out []node
		for _, n := range truce.Taxonomy() {
			if n.Kind == kind && n.Parent == parent {
				out = append(out, node{n.Name, v.word(n.Name), below(n.Name)})
			}
		}
		return out
	}
	return below("")
}

func (v *visit) roles(all []truce.Role) string {
	if len(all) == 0 {
		return v.t.T("words.every_office")
	}
	out := make([]string, len(all))
	for i, r := range all {
		out[i] = v.t.T("role." + roleKey(r))
	}
	return v.t.List(out)
}

func (v *visit) kindTable(p *wordsPage) {
	t := p.add(&Table{ID: "kinds", Caption: v.t.T("words.kinds"), Columns: v.columns("kind", "name", "group", "who", "key", "version")})
	for _, k := range truce.Kinds() {
		needs := pick(k.TwoKey, v.t.T("words.two_key"), pick(k.Binding, v.t.T("words.office_key"), v.t.T("words.desk_key")))
		t.Rows = append(t.Rows, Row{ID: "kind-" + string(k.Kind), Cells: []Cell{{Text: string(k.Kind)}, {Text: v.kindName(k.Kind)}, {Text: v.t.T("group." + string(k.Group)), Value: string(k.Group)}, {Text: v.roles(k.Who)}, {Text: needs}, {Text: strconv.Itoa(k.Version)}}})
	}
}

func (v *visit) arrowTable(p *wordsPage) {
	t := p.add(&Table{ID: "rules", Caption: v.t.T("words.rules"), Columns: v.columns("rule", "from", "to", "kind", "role", "condition")})
	seen := map[string]bool{}
	for _, a := range truce.Arrows() {
		from := make([]string, len(a.From))
		for i, s := range a.From {
			from[i] = v.stateName(s)
		}
		by, to := v.t.T("words.by_rule"), v.t.T("words.stays")
		if a.By != "" {
			by = v.kindName(a.By)
		}
		if a.To != "" {
			to = v.stateName(a.To)
		}
		id := "rule-" + a.Rule
		if seen[id] {
			id = ""
		}
		seen["rule-"+a.Rule] = true
		t.Rows = append(t.Rows, Row{ID: id, Cells: []Cell{{Text: a.Rule}, {Text: strings.Join(from, ", ")}, {Text: to, Value: string(a.To)}, {Text: by, Value: string(a.By)}, {Text: v.roles(a.Roles)}, {Text: a.When, Lang: "en"}}})
	}
}
