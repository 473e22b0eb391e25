package web

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/marchday/marchday/truce"
)

type regimeSayPage struct {
	page
	Forms []caseForm
	Fault string
}

// regimeForms shows what the visitor's office may say about the regime: a
// reading of its own, a span or coverage that somebody claims or proposes, and
// who and what it rests on.
func (s *site) regimeForms(v *visit) error {
	p, err := queryRegimeForms(v)
	if err != nil {
		return err
	}
	return v.show("regime_say", p)
}

func queryRegimeForms(v *visit) (*regimeSayPage, error) {
	p := &regimeSayPage{page: v.page(Link{v.t.T("nav.regime"), "/regime"}, Link{v.t.T("regime_say.title"), ""})}
	if v.me.ID == "" {
		return p, nil
	}
	known, err := v.knownPlaces()
	if err != nil {
		return nil, err
	}
	for _, k := range regimeKinds {
		if !v.may(k) {
			continue
		}
		info, _ := truce.InfoOf(k)
		f := caseForm{Kind: k, Title: v.t.T("act_title." + key(k)), Lede: v.t.T("regime_say." + key(k)), Button: v.t.T("act_button." + key(k)), Sign: info.Binding, Only: info.Binding && v.s.o.Demo == nil}
		f.Fields = v.regimeFields(k, known)
		for i := range f.Fields {
			f.Fields[i].Value = v.q.Get(f.Fields[i].Name)
			f.Open = f.Open || f.Fields[i].Value != ""
		}
		p.Forms = append(p.Forms, f)
	}
	return p, nil
}

// knownPlaces are the places that the regime has named already, and the units
// of the map, by id.
func (v *visit) knownPlaces() (map[truce.PlaceID]truce.Where, error) {
	known := map[truce.PlaceID]truce.Where{}
	add := func(list []truce.Where) {
		for _, w := range list {
			if w.Place != "" && known[w.Place].Place == "" {
				known[w.Place] = w
			}
		}
	}
	said, err := v.bodies("span", "coverage", "reading", "control")
	if err != nil {
		return nil, err
	}
	for _, s := range said {
		switch b := s.body.(type) {
		case *truce.TruceSpan:
			add(b.Area.Places)
		case *truce.Coverage:
			add(slices.Concat(b.Area.Places, b.Area.Except))
		case *truce.Reading:
			add(slices.Concat(b.Area.Places, b.Area.Except))
		case *truce.Control:
			add(b.Area.Places)
		}
	}
	if v.s.base != nil {
		for _, c := range v.s.base.units(v.t.Code) {
			country, _, _ := strings.Cut(c.Value, "-")
			add([]truce.Where{{Place: truce.PlaceID(c.Value), Name: c.Label, Class: "adm1", Within: []truce.PlaceID{truce.PlaceID(country)}}})
		}
	}
	return known, nil
}

func (v *visit) placeChoices(known map[truce.PlaceID]truce.Where) []Choice {
	out := make([]Choice, 0, len(known))
	for id, w := range known {
		out = append(out, Choice{string(id), cmp.Or(v.place(w), string(id))})
	}
	slices.SortFunc(out, func(a, b Choice) int { return strings.Compare(a.Label+a.Value, b.Label+b.Value) })
	return out
}

func (v *visit) spanChoices() []Choice {
	out := make([]Choice, 0, len(v.words.spans))
	for id := range v.words.spans {
		out = append(out, Choice{string(id), v.spanName(id)})
	}
	slices.SortFunc(out, func(a, b Choice) int { return strings.Compare(a.Label+a.Value, b.Label+b.Value) })
	return out
}

func (v *visit) termChoices() []Choice {
	var out []Choice
	if said, err := v.bodies("term"); err == nil {
		for _, s := range said {
			if b, ok := s.body.(*truce.Term); ok && !slices.ContainsFunc(out, func(c Choice) bool { return c.Value == string(b.ID) }) {
				out = append(out, Choice{string(b.ID), string(b.ID) + " " + clipText(textIn(b.Summary, v.t.Code).Text)})
			}
		}
	}
	return out
}

// asker makes the fields of one form.
type asker struct {
	v    *visit
	kind string
}

func (a asker) one(name string, choices ...Choice) Field {
	return Field{Name: a.kind + "-" + name, Label: a.v.t.T("regime_ask." + name), Choices: choices}
}

func (a asker) when(name string) Field { f := a.one(name); f.Type = "datetime-local"; return f }

func (a asker) long(name string) Field { f := a.one(name); f.Long = true; return f }

func needed(f Field) Field { f.Required = true; return f }

func hinted(f Field, hint string) Field { f.Hint = hint; return f }

func (v *visit) areaFields(a asker, known map[truce.PlaceID]truce.Where) []Field {
	return []Field{a.one("place", v.placeChoices(known)...), hinted(a.long("places"), v.t.T("regime_say.places_hint"))}
}

func (v *visit) readingFields(known map[truce.PlaceID]truce.Where) []Field {
	a := asker{v, "reading"}
	about := []Choice{{"span", v.t.T("regime_about.span")}, {"coverage", v.t.T("regime_about.coverage")}, {"actor", v.t.T("regime_about.actor")}, {"term", v.t.T("regime_about.term")}}
	status := v.pairs("actor_status.", truce.StatusAccepted, truce.StatusNotified, truce.StatusExcluded, truce.StatusUnprotected, truce.StatusNotParty, truce.StatusWithdrawn, truce.StatusSuspended, truce.StatusUnknown)
	fields := []Field{
		needed(a.one("about", about...)), a.one("span", v.spanChoices()...), hinted(a.one("adopts", v.spanChoices()...), v.t.T("regime_say.adopts_hint")),
		a.one("actor", v.actorChoices()...), a.one("status", status...), a.one("term", v.termChoices()...),
		a.when("from"), a.when("to"),
	}
	fields = append(fields, v.areaFields(a, known)...)
	return append(fields, a.long("except"), hinted(a.when("valid_from"), v.t.T("regime_say.valid_hint")), a.when("valid_to"), a.long("text"))
}

func (v *visit) spanFields(known map[truce.PlaceID]truce.Where) []Field {
	a := asker{v, "span"}
	sorts := v.pairs("span_sort.", "cessation", "calm", "local", "pause")
	acts := v.pairs("span_act.", "announced", "proposed", "extended", "suspended", "terminated", "rejected")
	fields := []Field{
		needed(hinted(a.one("id"), v.t.T("regime_say.id_hint"))), a.one("name"), needed(a.one("sort", sorts...)), needed(a.one("act", acts...)),
		hinted(a.one("of", v.spanChoices()...), v.t.T("regime_say.of_hint")), a.one("parent", v.spanChoices()...),
	}
	fields = append(fields, v.areaFields(a, known)...)
	return append(fields, a.when("from"), a.when("to"), needed(hinted(a.one("claimed_by"), v.t.T("regime_say.claimed_hint"))), a.long("note"))
}

// sayOnRegime says what a form asks for. A reading binds its office: it is
// signed by passkey or off the server, in a demonstration also here.
func (s *site) sayOnRegime(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	kind := truce.Kind(form.Get("kind"))
	body, err := v.regimeBody(kind, form)
	if err == nil {
		err = body.Validate()
	}
	info, _ := truce.InfoOf(kind)
	if err == nil && info.Binding && (form.Get("how-sign") != "" || s.o.Demo == nil) {
		return v.showSign(body, "/regime", sealedPart{}, "")
	}
	if err == nil {
		_, err = v.say(body)
	}
	if err == nil {
		return v.see(shownAt(kind))
	}
	var e *truce.Error
	if !errors.As(err, &e) {
		return err
	}
	p, qerr := queryRegimeForms(v)
	if qerr != nil {
		return qerr
	}
	p.Fault = e.Why
	for i := range p.Forms {
		if f := &p.Forms[i]; f.Kind == kind {
			f.Open = true
			keepAnswers(f.Fields, form, e, string(kind)+"-")
		}
	}
	status, _ := statusOf(err)
	return v.s.pages.Render(v.w, status, "regime_say", p)
}

func (v *visit) regimeBody(kind truce.Kind, form url.Values) (truce.Body, error) {
	get := func(name string) string { return strings.TrimSpace(form.Get(string(kind) + "-" + name)) }
	known, err := v.knownPlaces()
	if err != nil {
		return nil, err
	}
	places, err := placesNamed(known, append([]string{get("place")}, lines(get("places"))...))
	if err != nil {
		return nil, err
	}
	when, err := v.between(get("from"), get("to"))
	if err != nil {
		return nil, err
	}
	switch kind {
	case "reading":
		return v.readingBody(get, known, places, when)
	case "span":
		b := &truce.TruceSpan{
			ID: truce.SpanID(get("id")), Sort: get("sort"), Act: get("act"), Extends: truce.SpanID(get("of")), Parent: truce.SpanID(get("parent")),
			Area: truce.Area{Places: places}, When: when, ClaimedBy: get("claimed_by"), Note: get("note"),
		}
		if get("name") != "" {
			b.Name = []truce.Text{{Lang: v.t.Code, Text: get("name")}}
		}
		if of := v.words.spans[b.Extends]; of != nil && b.Area.IsZero() {
			b.Area = of.Area // an act upon a span is over the same area where it names none
		}
		return b, nil
	}
	except, err := placesNamed(known, lines(get("except")))
	if err != nil {
		return nil, err
	}
	return v.factBody(kind, regimeSaid{get, places, except, when})
}

func (v *visit) readingBody(get func(string) string, known map[truce.PlaceID]truce.Where, places []truce.Where, when truce.When) (truce.Body, error) {
	except, err := placesNamed(known, lines(get("except")))
	if err != nil {
		return nil, err
	}
	validity, err := v.between(get("valid_from"), get("valid_to"))
	if err != nil {
		return nil, err
	}
	b := &truce.Reading{
		ID: string(v.me.ID) + "-" + strconv.FormatInt(v.s.o.Centre.Record().Size(), 10), About: get("about"), Span: truce.SpanID(get("span")), Adopts: truce.SpanID(get("adopts")),
		Term: truce.TermID(get("term")), Actor: truce.ActorID(get("actor")), Status: get("status"), Area: truce.Area{Places: places, Except: except}, When: when, Validity: validity,
	}
	if get("text") != "" {
		b.Text = []truce.Text{{Lang: v.t.Code, Text: get("text")}}
	}
	return b, nil
}

// placesNamed finds places by their ids; the empty ones are left out.
func placesNamed(known map[truce.PlaceID]truce.Where, ids []string) ([]truce.Where, error) {
	var out []truce.Where
	for _, id := range ids {
		if id == "" {
			continue
		}
		w, ok := known[truce.PlaceID(id)]
		if !ok {
			return nil, &truce.Error{Kind: truce.Invalid, Field: "places", Why: strconv.Quote(id) + " is no place that this regime or its map knows: give its code, one a line"}
		}
		if !slices.ContainsFunc(out, func(o truce.Where) bool { return o.Place == w.Place }) {
			out = append(out, w)
		}
	}
	return out, nil
}

// between reads two wall times of the regime; an empty one is not stated.
func (v *visit) between(from, to string) (truce.When, error) {
	var w truce.When
	var err error
	if w.From, err = v.due(from); err != nil {
		return w, err
	}
	if w.To, err = v.due(to); err != nil {
		return w, err
	}
	if !w.IsZero() {
		w.Precision = truce.ToMinute
	}
	return w, nil
}
