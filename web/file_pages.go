package web

import (
	"crypto/rand"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/marchday/marchday/centre"
	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

type articlePage struct {
	page
	Fields   []Field
	Shown    bool // what the engines make of the draft is shown
	Segments []Segment
	Claims   []reviewed
	Near     []similar // incidents that the draft may be about, asked for while it is written
	Fault    string
	May      bool
}

// article shows the form for a text: pasted, looked at, then filed.
func (s *site) article(v *visit) error { return v.show("article", v.articlePage(url.Values{})) }

func (v *visit) articlePage(form url.Values) *articlePage {
	p := &articlePage{page: v.page(Link{v.t.T("nav.intake"), "/intake"}, Link{v.t.T("intake.paste"), ""}), May: v.may("report")}
	ask := func(name, kind string, choices ...Choice) Field {
		return Field{Name: name, Label: v.t.T("article." + name), Type: kind, Value: form.Get(name), Choices: choices}
	}
	words := ask("text", "")
	words.Long, words.Required = true, true
	channel := ask("channel", "", v.pairs("channel.", "article", "bulletin", "letter", "social", "broadcast")...)
	marking := ask("marking", "", v.pairs("marking.", "clear", "green", "amber")...)
	channel.Required, marking.Required = true, true
	if channel.Value == "" {
		channel.Value = "article"
	}
	if marking.Value == "" {
		marking.Value = "amber"
	}
	publisher := ask("publisher", "")
	publisher.Required = true
	p.Fields = []Field{words, publisher, ask("title", ""), ask("date", "date"), ask("url", "url"), ask("lang", "", v.languages()...), channel, marking}
	return p
}

// languages are the languages that texts come in.
func (v *visit) languages() []Choice {
	return []Choice{{"en", "English"}, {"ar", "العربية"}, {"ru", "Русский"}, {"fr", "Français"}}
}

// fileArticle shows what the engines make of a text, or files it as it is.
// Looking appends nothing.
func (s *site) fileArticle(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	r, err := v.articleReport(form)
	if err == nil {
		err = r.Validate()
	}
	if err == nil && form.Get("do") == "file" {
		return v.fileReport(r)
	}
	p := v.articlePage(form)
	if err == nil {
		err = v.preview(p, *r)
	}
	if form.Get("do") == "near" {
		p.Shown = false
		for _, c := range p.Claims {
			p.Near = append(p.Near, c.Similar...)
		}
		p.Near = once(p.Near)
	}
	return v.showForm("article", p, p.Fields, &p.Fault, form, err)
}

func (v *visit) articleReport(form url.Values) (*truce.Report, error) {
	date, err := v.zoned(form.Get("date"))
	if err != nil {
		return nil, &truce.Error{Kind: truce.Invalid, Field: "date", Why: v.t.T("article.bad_date")}
	}
	get := func(name string) string { return strings.TrimSpace(form.Get(name)) }
	if u := get("url"); u != "" && !strings.HasPrefix(u, "https://") && !strings.HasPrefix(u, "http://") {
		return nil, &truce.Error{Kind: truce.Invalid, Field: "url", Why: v.t.T("article.bad_url")}
	}
	return &truce.Report{
		Channel: get("channel"), Publisher: get("publisher"), Title: get("title"), Text: strings.ReplaceAll(form.Get("text"), "\r\n", "\n"), Lang: get("lang"), Date: date,
		URL: get("url"), Marking: truce.Marking(get("marking")),
	}, nil
}

func (v *visit) preview(p *articlePage, r truce.Report) error {
	made, err := v.s.o.Centre.Preview(v.ctx(), r)
	if err != nil {
		return err
	}
	p.Shown, p.Segments, p.Claims = true, Segments(r.Text, marksOf(made.Claims)), v.reviews(r.Text, made.Claims)
	for i := range p.Claims {
		p.Claims[i].Similar = v.warn(made.Similar[i])
	}
	return nil
}

// fileReport says a report and leads to its receipt.
func (v *visit) fileReport(r *truce.Report) error {
	got, err := v.say(r)
	if err != nil {
		return err
	}
	return v.see("/receipts/" + truce.Digest(got.ID).String())
}

// showForm renders a form again, what was wrong beside the answers; without an
// error as it is.
func (v *visit) showForm(name string, p interface {
	frame() Frame
}, fields []Field, fault *string, form url.Values, err error) error {
	status := http.StatusOK
	if err != nil {
		var e *truce.Error
		if !errors.As(err, &e) {
			return err
		}
		status, _ = statusOf(err)
		*fault = e.Why
		keepAnswers(fields, form, e, "")
	}
	return v.s.pages.Render(v.w, status, name, p)
}

type hotlinePage struct {
	page
	Fields   []Field
	Places   []Field   // the read-back, once a name was looked up
	Near     []similar // incidents that the call may be about
	Confided []Field   // who calls and their own words, for the vault; none where there is no vault
	Once     string    // token of this call: the same form sent twice is one call
	Fault    string
	May      bool
	Blind    bool // the office does not read what is confided: neither this call's claims nor those of others
}

// hotline shows the form for a call.
func (s *site) hotline(v *visit) error { return v.show("hotline", v.hotlinePage(url.Values{})) }

func (v *visit) hotlinePage(form url.Values) *hotlinePage {
	p := &hotlinePage{page: v.page(Link{v.t.T("nav.intake"), "/intake"}, Link{v.t.T("intake.hotline"), ""}), May: v.may("report")}
	p.Blind = p.May && v.view.Level() != truce.Amber
	ask := func(name, kind string, choices ...Choice) Field {
		return Field{Name: name, Label: v.t.T("hotline." + name), Type: kind, Value: form.Get(name), Choices: choices}
	}
	act := ask("act", "", v.hotlineActs()...)
	place := ask("place", "text")
	day := ask("day", "date")
	act.Required, place.Required, day.Required = true, true, true
	place.Hint = v.t.T("hotline.place_hint")
	if day.Value == "" {
		day.Value = v.today()
	}
	weapon := ask("weapon", "", v.nodes(truce.Weapons)...)
	object := ask("object", "", v.nodes(truce.Objects)...)
	killed, wounded := ask("killed", "number"), ask("wounded", "number")
	confidential := ask("confidential", "", v.pairs("hotline_kept.", "district", "place")...)
	confidential.Required, confidential.Hint = true, v.t.T("hotline.confidential_hint")
	if confidential.Value == "" {
		confidential.Value = "district"
	}
	p.Fields = []Field{place, act, day, ask("hour", "time"), ask("actor", "", v.actorChoices()...), weapon, object, killed, wounded, confidential}
	if v.s.o.Centre.HasVault() {
		words := ask("words", "")
		words.Long = true
		consent := ask("consent", "", v.pairs("hotline_consent.", consents...)...)
		p.Confided = []Field{ask("caller", "text"), ask("contact", "text"), words, consent}
		if p.Once = form.Get("once"); p.Once == "" {
			p.Once = rand.Text()
		}
	}
	return p
}

// consents are what a caller may agree to.
var consents = []string{"keep", "call-back", "pass-on"}

// hotlineActs are the acts that callers tell of.
func (v *visit) hotlineActs() []Choice {
	return slices.DeleteFunc(v.nodes(truce.Acts), func(c Choice) bool {
		return !slices.Contains([]string{"shelling", "air_strike", "ground_attack", "clash", "gunfire", "bombing", "chemical_attack", "killing", "abduction", "arrest", "aid_blocked", "violence_unspecified"}, c.Value)
	})
}

// fileHotline reads the place back, and files the call once it was chosen. The
// caller's words and name are nowhere in it.
func (s *site) fileHotline(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	p := v.hotlinePage(form)
	found := s.o.Centre.Places(strings.TrimSpace(form.Get("place")), v.t.Code)
	chosen := form.Get("chosen")
	if form.Get("do") == "file" && chosen != "" {
		var r *truce.Report
		if r, err = v.call(form, found, chosen); err == nil {
			if err = r.Validate(); err == nil {
				if err = v.fileCall(r, form); err == nil {
					return nil
				}
			}
		}
	} else if len(found) == 0 {
		err = &truce.Error{Kind: truce.Unknown, Field: "place", Why: v.t.T("fix.no_place", "name", form.Get("place"))}
	} else if p.Near, err = v.near(form, found); err != nil {
		return err
	}
	p.Places = []Field{{Name: "chosen", Label: v.t.T("hotline.chosen"), Required: true, Value: chosen, Choices: v.readBack(found)}}
	if len(found) == 0 {
		p.Places = nil
	}
	return v.showForm("hotline", p, p.Fields, &p.Fault, form, err)
}

// near returns the incidents that a call may be about, by the place itself:
// looking keeps nothing, even of a call that is confidential. A form that is not
// a call yet is about none.
func (v *visit) near(form url.Values, found []truce.Where) ([]similar, error) {
	form = maps.Clone(form)
	form.Set("confidential", "place")
	chosen := form.Get("chosen")
	if chosen == "" {
		chosen = string(found[0].Place)
	}
	r, err := v.call(form, found, chosen)
	if err != nil || r.Validate() != nil {
		return nil, nil
	}
	made, err := v.s.o.Centre.Preview(v.ctx(), *r)
	return v.warn(made.Similar[0]), err
}

// fileCall files a call. Who calls and their own words, if they are written
// down, go to the vault first; the record gets a pseudonym and the act.
func (v *visit) fileCall(r *truce.Report, form url.Values) error {
	get := func(name string) string { return strings.TrimSpace(form.Get(name)) }
	told := centre.Source{Name: get("caller"), Contact: get("contact"), Words: get("words"), Consent: get("consent")}
	if told.Name+told.Contact+told.Words == "" {
		return v.fileReport(r)
	}
	if err := v.maySay(); err != nil {
		return err
	}
	told.Lang, told.Place, told.When = v.t.Code, get("place"), strings.TrimSpace(get("day")+" "+get("hour"))
	t, err := v.s.o.Centre.HideSource(v.ctx(), centre.Confided{Office: v.me.ID, Desk: v.who.Name, Received: []byte(form.Encode()), Once: form.Get("once"), Source: told, Report: *r})
	if err != nil {
		return err
	}
	if err := v.s.o.Centre.CatchUp(v.ctx()); err != nil {
		return err
	}
	return v.see("/receipts/" + truce.Digest(t.Receipt.ID).String())
}

// readBack offers places by their names in every script, with what they lie in.
func (v *visit) readBack(found []truce.Where) []Choice {
	var out []Choice
	for _, w := range found {
		var names []string
		for _, n := range w.Names {
			if !slices.Contains(names, n.Text) {
				names = append(names, n.Text)
			}
		}
		label := strings.Join(names, " · ")
		if label == "" {
			label = w.Name
		}
		if u := v.unit(w); u != "" {
			label += " (" + u + ")"
		}
		out = append(out, Choice{string(w.Place), label})
	}
	return out
}

// call is the report of a call: the act, the district or the place, the day.
func (v *visit) call(form url.Values, found []truce.Where, chosen string) (*truce.Report, error) {
	i := slices.IndexFunc(found, func(w truce.Where) bool { return string(w.Place) == chosen })
	if i < 0 {
		return nil, &truce.Error{Kind: truce.Invalid, Field: "place", Why: v.t.T("hotline.choose")}
	}
	where := found[i]
	from, to, err := v.house.Procedure.Zone.DayBounds(form.Get("day"))
	if err != nil {
		return nil, &truce.Error{Kind: truce.Invalid, Field: "day", Why: v.t.T("article.bad_date")}
	}
	when := truce.When{From: from, To: to, Precision: truce.ToDay}
	if form.Get("confidential") != "place" {
		where = v.coarse(where)
	} else if h := form.Get("hour"); h != "" {
		at, err := v.house.Procedure.Zone.Instant(form.Get("day") + "T" + h)
		if err != nil {
			return nil, &truce.Error{Kind: truce.Invalid, Field: "hour", Why: v.t.T("hotline.bad_hour")}
		}
		when = truce.When{From: at, To: at + 3600, Precision: truce.ToHour}
	}
	c := truce.Claim{Event: form.Get("act"), Stance: truce.Stated, Object: form.Get("object"), Where: []truce.Where{where}, When: when, Side: truce.Impact}
	if a := form.Get("actor"); a != "" {
		c.Actors, c.Stance = []truce.Ref{{ID: a}}, truce.Alleged
	}
	if w := form.Get("weapon"); w != "" {
		c.Weapons = []truce.Ref{{ID: w}}
	}
	for _, kind := range []truce.CasualtyKind{truce.Killed, truce.Wounded} {
		if n := form.Get(string(kind)); n != "" {
			if err := fixToll(&c, kind, n, n); err != nil {
				return nil, err
			}
		}
	}
	return &truce.Report{Channel: "hotline", Publisher: string(v.me.ID), Lang: v.t.Code, Date: v.view.Now(), Claims: []truce.Claim{c}, Marking: truce.Amber}, nil
}

// coarse is the smallest unit that a place lies in: a village would name its
// caller.
func (v *visit) coarse(w truce.Where) truce.Where {
	if len(w.Within) < 2 {
		return truce.Where{Place: w.Place, Name: w.Name, Names: w.Names, Class: w.Class, Within: w.Within}
	}
	return truce.Where{Place: w.Within[0], Name: v.unitName(w.Within[0]), Within: w.Within[1:]}
}

type receiptPage struct {
	page
	Index    string
	ID       string
	Received Cell
	Level    int
	Levels   []Fact
	Report   Link
}

// receipt shows what a receipt is worth: how far the record has gone with it.
// Who has the ID has the receipt; nothing of the statement is shown.
func (s *site) receipt(v *visit) error {
	p, err := queryReceipt(v)
	if err != nil {
		return err
	}
	return v.show("receipt", p)
}

func queryReceipt(v *visit) (*receiptPage, error) {
	var id truce.StatementID
	if err := id.UnmarshalText([]byte(v.r.PathValue("id"))); err != nil {
		return nil, err
	}
	log := v.s.o.Centre.Record()
	r, err := log.FindID(v.ctx(), id)
	if err != nil {
		return nil, err
	}
	signed, joint, err := log.Checkpoint(v.ctx())
	if err != nil {
		return nil, err
	}
	p := &receiptPage{page: v.page(Link{v.t.T("nav.intake"), "/intake"}, Link{v.t.T("receipt.title"), ""}), Index: strconv.FormatInt(r.Index, 10), ID: id.String(), Received: v.instant(truce.Instant(r.RecvAt / 1000)), Level: 1}
	if signed.Size > r.Index {
		p.Level = 2
	}
	if joint.Size > r.Index && len(joint.Signers) > 0 {
		p.Level = 3
	}
	for n := 1; n <= 3; n++ {
		p.Levels = append(p.Levels, Fact{v.t.T("receipt.level", "n", n), v.t.T("receipt_level." + strconv.Itoa(n) + pick(n <= p.Level, "", "_not"))})
	}
	if s, err := v.view.Statement(v.ctx(), r.Index); err == nil && s.Kind == "report" {
		p.Report = Link{statementLink(r.Index).Label, "/intake/" + p.Index}
	}
	return p, nil
}

// apiReport files a report of the visitor's office: JSON as in a statement's
// body. Unknown fields are refused by name.
func (s *site) apiReport(v *visit) (any, error) {
	r := &truce.Report{}
	if err := readJSON(v.w, v.r, r); err != nil {
		return nil, err
	}
	got, err := v.say(r)
	return receipt{got.Origin, got.Index, got.ID, truce.Instant(got.RecvAt / 1000), got.Leaf, got.Duplicate, 1}, err
}

// apiPreview answers what the engines make of a draft, and appends nothing.
func (s *site) apiPreview(v *visit) (any, error) {
	r := truce.Report{}
	if err := readJSON(v.w, v.r, &r); err != nil {
		return nil, err
	}
	made, err := s.o.Centre.Preview(v.ctx(), r)
	type claim struct {
		picture.Claim
		Similar []centre.Similar `json:"similar"` // incidents that it may be about: is it here already?
	}
	all := []claim{}
	for i, c := range made.Claims {
		near := slices.DeleteFunc(made.Similar[i], func(s centre.Similar) bool {
			_, err := v.view.Incident(v.ctx(), s.Incident)
			return err != nil
		})
		all = append(all, claim{c, nonNil(near)})
	}
	return struct {
		Claims []claim `json:"claims"`
	}{all}, err
}
