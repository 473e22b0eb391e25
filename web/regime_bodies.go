package web

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/marchday/marchday/truce"
)

// regimeKinds are the kinds that have a form on the regime's page, in its order.
var regimeKinds = []truce.Kind{"reading", "span", "coverage", "instrument", "term", "actor", "membership", "acceptance", "designation"}

// regimeFields are the questions of a kind's form. What they ask of area, time
// and claimant has one name in all.
func (v *visit) regimeFields(k truce.Kind, known map[truce.PlaceID]truce.Where) []Field {
	a := asker{v, string(k)}
	hint := func(f Field, name string) Field { return hinted(f, v.t.T("regime_hint."+name)) }
	yes := func(name string) Field { return a.one(name, v.pairs("regime_yes.", "yes")...) }
	when := []Field{a.when("from"), a.when("to")}
	claimed := needed(hinted(a.one("claimed_by"), v.t.T("regime_say.claimed_hint")))
	actor := func(name string) Field { return a.one(name, v.actorChoices()...) }
	under := a.one("under", v.instrumentChoices()...)
	switch k {
	case "reading":
		return v.readingFields(known)
	case "span":
		return v.spanFields(known)
	case "coverage":
		fields := append([]Field{needed(a.one("span", v.spanChoices()...))}, v.areaFields(a, known)...)
		fields = append(fields, a.long("except"))
		return append(append(fields, when...), claimed, a.one("handed_to"), a.long("note"))
	case "instrument":
		fields := []Field{needed(hint(a.one("id"), "instrument")), needed(a.one("name")), hint(a.long("parties"), "actors")}
		return append(append(fields, when...), a.one("url"), a.long("note"))
	case "term":
		return []Field{
			needed(hint(a.one("id"), "term")), needed(a.one("instrument", v.instrumentChoices()...)), a.one("paragraph"), a.long("verbatim"), a.one("lang"), needed(a.long("summary")),
			needed(a.one("modality", v.pairs("modality.", string(truce.Prohibit), string(truce.Oblige), string(truce.Permit), string(truce.Exempt))...)),
			hint(a.long("acts"), "acts"), hint(a.long("weapons"), "acts"), needed(hint(a.long("duty_bearers"), "bearers")), hint(a.long("beneficiaries"), "actors"),
			a.one("lives_in", v.pairs("span_sort.", "cessation", "calm")...), hint(a.long("conditions"), "premises"), hint(a.long("exceptions"), "exceptions"), a.long("note"),
		}
	case "actor":
		sorts := v.pairs("actor_sort.", "state", "armed-force", "armed-group", "coalition", "political-body", "monitor-group", "outlet", "organisation", "label")
		return []Field{
			needed(hint(a.one("id"), "actor")), needed(a.one("name")), needed(a.one("sort", sorts...)), actor("parent_force"), hint(a.long("successor_of"), "actors"),
			hint(a.long("labels"), "labels"), a.one("side", v.chairChoices()...), a.long("note"),
		}
	case "membership":
		fields := append([]Field{needed(actor("actor")), needed(actor("coalition"))}, when...)
		return append(fields, yes("left"), yes("leads"), claimed, a.one("url"), a.long("note"))
	case "acceptance":
		number := a.one("number")
		number.Type = "number"
		fields := append([]Field{actor("actor"), hint(number, "number"), needed(under), a.one("through", v.chairChoices()...)}, when...)
		return append(fields, a.one("notified", v.pairs("regime_yes.", "yes", "no")...), claimed, yes("doubtful"), a.one("url"), a.long("note"))
	case "designation":
		fields := append([]Field{needed(actor("actor")), needed(hint(a.one("by"), "by")), under}, when...)
		return append(fields, a.long("note"))
	}
	return nil
}

// shownAt is where a page shows what was said.
func shownAt(k truce.Kind) string {
	switch k {
	case "span", "coverage":
		return "/regime/spread"
	case "membership", "designation":
		return "/regime#actors-title"
	case "reading", "term":
		return "/regime#" + string(k) + "s"
	}
	return "/regime#" + string(k) + "s-title"
}

// A regimeSaid is what a form said, its area and time read.
type regimeSaid struct {
	get            func(name string) string
	places, except []truce.Where
	when           truce.When
}

func (r regimeSaid) actors(name string) []truce.ActorID { return idsOf[truce.ActorID](r.get(name)) }

// idsOf reads ids, one a line.
func idsOf[T ~string](s string) []T {
	var out []T
	for _, id := range lines(s) {
		out = append(out, T(id))
	}
	return out
}

// factBody makes the body of a kind that is neither a reading nor a span.
func (v *visit) factBody(k truce.Kind, r regimeSaid) (truce.Body, error) {
	get := r.get
	yes := func(name string) bool { return get(name) == "yes" }
	words := func(name string) []truce.Text {
		if get(name) == "" {
			return nil
		}
		return []truce.Text{{Lang: v.t.Code, Text: get(name)}}
	}
	under, actor := truce.InstrumentID(get("under")), truce.ActorID(get("actor"))
	switch k {
	case "coverage":
		return &truce.Coverage{Span: truce.SpanID(get("span")), Area: truce.Area{Places: r.places, Except: r.except}, ClaimedBy: get("claimed_by"), HandedTo: get("handed_to"), When: r.when, Note: get("note")}, nil
	case "instrument":
		return &truce.Instrument{ID: truce.InstrumentID(get("id")), Name: words("name"), When: r.when, Parties: r.actors("parties"), URL: get("url"), Note: get("note")}, nil
	case "term":
		exceptions, err := exceptionsOf(get("exceptions"))
		return &truce.Term{
			ID: truce.TermID(get("id")), Instrument: truce.InstrumentID(get("instrument")), Paragraph: get("paragraph"), Verbatim: get("verbatim"), Lang: get("lang"), Summary: words("summary"),
			Modality: truce.Modality(get("modality")), Acts: lines(get("acts")), Weapons: lines(get("weapons")), DutyBearers: r.actors("duty_bearers"), Beneficiaries: r.actors("beneficiaries"),
			Span: get("lives_in"), Conditions: lines(get("conditions")), Exceptions: exceptions, Note: get("note"),
		}, err
	case "actor":
		return &truce.Actor{ID: truce.ActorID(get("id")), Name: words("name"), Sort: get("sort"), Parent: truce.ActorID(get("parent_force")), Of: r.actors("successor_of"), Labels: lines(get("labels")), Side: truce.ActorID(get("side")), Note: get("note")}, nil
	case "membership":
		return &truce.Membership{Actor: actor, Coalition: truce.ActorID(get("coalition")), When: r.when, Left: yes("left"), Leads: yes("leads"), ClaimedBy: get("claimed_by"), URL: get("url"), Note: get("note")}, nil
	case "acceptance":
		number, err := strconv.ParseInt(cmp.Or(get("number"), "0"), 10, 32)
		if err != nil || number < 0 {
			return nil, &truce.Error{Kind: truce.Invalid, Field: "number", Why: v.t.T("regime_hint.number")}
		}
		notified := map[string]truce.Tri{"yes": truce.Yes, "no": truce.No}[get("notified")]
		return &truce.Acceptance{Actor: actor, Number: int32(number), Under: under, Through: truce.OfficeID(get("through")), When: r.when, Notified: notified, ClaimedBy: get("claimed_by"), Doubtful: yes("doubtful"), URL: get("url"), Note: get("note")}, nil
	case "designation":
		return &truce.Designation{Actor: actor, By: get("by"), Under: under, When: r.when, Note: get("note")}, nil
	}
	return nil, &truce.Error{Kind: truce.Invalid, Field: "kind", Why: v.t.T("act.no_form")}
}

// exceptionsOf reads exceptions, one a line: the permit's id, a colon, its
// premises apart by commas.
func exceptionsOf(s string) ([]truce.Exception, error) {
	var out []truce.Exception
	for i, line := range lines(s) {
		term, premises, ok := strings.Cut(line, ":")
		e := truce.Exception{Term: truce.TermID(strings.TrimSpace(term))}
		for p := range strings.SplitSeq(premises, ",") {
			if p = strings.TrimSpace(p); p != "" {
				e.Premises = append(e.Premises, p)
			}
		}
		if !ok || e.Term == "" || len(e.Premises) == 0 {
			return nil, &truce.Error{Kind: truce.Invalid, Field: "exceptions", Why: "line " + strconv.Itoa(i+1) + ": write the permit's id, a colon, and its premises apart by commas"}
		}
		out = append(out, e)
	}
	return out, nil
}

func (v *visit) instrumentChoices() []Choice {
	var out []Choice
	if said, err := v.bodies("instrument"); err == nil {
		for _, s := range said {
			if b, ok := s.body.(*truce.Instrument); ok && !slices.ContainsFunc(out, func(c Choice) bool { return c.Value == string(b.ID) }) {
				out = append(out, Choice{string(b.ID), textIn(b.Name, v.t.Code).Text})
			}
		}
	}
	return out
}

func (v *visit) chairChoices() []Choice {
	var out []Choice
	for _, o := range v.house.CoChairs() {
		out = append(out, Choice{string(o.ID), v.officeName(o.ID)})
	}
	return out
}
