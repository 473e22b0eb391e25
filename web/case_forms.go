package web

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
)

// A caseForm is one thing that the acting office may say about a case now.
type caseForm struct {
	Kind   truce.Kind
	Title  string
	Lede   string
	Fields []Field
	Button string
	Also   string // what else the form asks for: "seal" files the hash alone
	Sign   bool   // it binds the office: it may be signed by passkey
	Only   bool   // and is said in no other way
	Open   bool
}

// sealedPart is a text that was sealed, to be kept by its author and opened
// later: the centre does not keep it.
type sealedPart struct {
	Text      string
	Statement Link
}

// allowed are the kinds that the rules let the visitor's office say about a
// case where it stands.
func (v *visit) allowed(f truce.CaseFile) []truce.Kind {
	var kinds []truce.Kind
	for _, a := range truce.Arrows() {
		open := a.From == nil && a.By == "notice" || slices.Contains(a.From, f.State)
		if open && a.By != "" && slices.Contains(a.Roles, v.me.Role) && !slices.Contains(kinds, a.By) {
			kinds = append(kinds, a.By)
		}
	}
	return kinds
}

// caseForms are the forms for what the acting office may do now. The rules are
// judged when it is said; a form that they refuse says which rule.
func (v *visit) caseForms(f truce.CaseFile) []caseForm {
	if v.me.ID == "" {
		return nil
	}
	var forms []caseForm
	for _, k := range v.allowed(f) {
		if fields := v.caseFields(k, f); fields != nil {
			form := caseForm{Kind: k, Title: v.t.T("act_title." + key(k)), Fields: fields, Button: v.t.T("act_button." + key(k))}
			switch {
			case k == "assessment" && v.sealsNow(f):
				form.Title, form.Lede, form.Button, form.Also = v.t.T("act_title.seal"), v.t.T("act.seal_lede"), v.t.T("act_button.seal"), "seal"
			case k == "assessment" && v.mySeal(f) != nil:
				form.Title, form.Lede = v.t.T("act_title.open"), v.t.T("act.open_lede")
			}
			info, _ := truce.InfoOf(k)
			form.Sign, form.Only = info.Binding, info.Binding && v.s.o.Demo == nil
			forms = append(forms, form)
		}
	}
	return forms
}

func key(k truce.Kind) string { return strings.ReplaceAll(string(k), "-", "_") }

// caseFields are the questions of a form.
func (v *visit) caseFields(k truce.Kind, f truce.CaseFile) []Field {
	t := v.t
	ask := func(name string, choices ...Choice) Field {
		return Field{Name: string(k) + "-" + name, Label: t.T("ask." + name), Choices: choices, Required: true}
	}
	long := func(name string) Field { x := ask(name); x.Long = true; return x }
	free := func(x Field) Field { x.Required = false; return x }
	switch k {
	case "step":
		return []Field{ask("to", v.steps(f)...), free(ask("how", v.pairs("how.", "accepted", "insufficient", "duplicate", "joint", "independent")...)),
			free(ask("access", v.pairs("how.", "granted", "denied")...)), free(long("note"))}
	case "information-request":
		return []Field{ask("party", v.actorChoices()...), ask("through", v.offices(truce.CoChair)...), free(ask("liaison", v.offices(truce.Liaison)...)), long("alleged"), long("asks")}
	case "assessment":
		return v.assessmentFields(f, ask, long, free)
	case "proposal":
		return []Field{ask("outcome", v.outcomes()...), long("text")}
	case "concurrence":
		return []Field{free(ask("note"))}
	case "reservation":
		return []Field{long("text")}
	case "dissent":
		return []Field{ask("from", v.dissentable(f)...), long("text")}
	case "referral":
		return []Field{ask("to_whom"), long("why")}
	case "reopening":
		return []Field{long("why"), ask("evidence")}
	case "notice":
		return []Field{ask("office", v.offices()...), ask("subject"), long("text"), {Name: "notice-due", Label: t.T("ask.due"), Type: "datetime-local"}}
	case "remedy":
		return []Field{ask("party", v.actorChoices()...), long("act"), {Name: "remedy-due", Label: t.T("ask.due"), Type: "datetime-local"}}
	}
	return nil // a reply has its form beside its request, a seal beside the text
}

// assessmentFields are the questions of an office's text; once it has sealed
// it, only the text itself.
func (v *visit) assessmentFields(f truce.CaseFile, ask func(string, ...Choice) Field, long func(string) Field, free func(Field) Field) []Field {
	if v.mySeal(f) != nil {
		opened := long("opened")
		opened.Hint = v.t.T("act.opened_hint")
		return []Field{opened}
	}
	return []Field{
		ask("occurred", v.pairs("occurred.", "yes", "probable", "undetermined", "no")...), ask("outcome", v.outcomes()...),
		free(ask("party", v.actorChoices()...)), free(ask("degree", v.pairs("degree.", "established", "highly-probable", "probable", "plausible", "not-attributable")...)),
		free(ask("severity", v.pairs("severity.", "grave", "serious", "minor", "technical")...)), ask("threat", v.pairs("threat.", "0", "1", "2", "3")...),
		long("reasons"),
	}
}

// mySeal is the seal of the visitor's office in this round, nil if there is
// none.
func (v *visit) mySeal(f truce.CaseFile) *truce.Filed {
	for i := range f.Seals {
		if f.Seals[i].Office == v.me.ID && f.Seals[i].Round == f.Round {
			return &f.Seals[i]
		}
	}
	return nil
}

// sealsNow reports whether what the visitor's office files next is a seal.
func (v *visit) sealsNow(f truce.CaseFile) bool {
	return f.Procedure.Sealing && v.mySeal(f) == nil && !v.assessmentOver(f)
}

// pairs makes choices of words of the catalogue.
func (v *visit) pairs(prefix string, words ...string) []Choice {
	out := make([]Choice, len(words))
	for i, w := range words {
		out[i] = Choice{w, v.t.T(prefix + strings.ReplaceAll(w, "-", "_"))}
	}
	return out
}

func (v *visit) outcomes() []Choice {
	return v.pairs("outcome.", string(truce.Violation), string(truce.NotViolation), string(truce.OutsideIt), string(truce.NotConfirmed), string(truce.Undetermined))
}

// steps are the states that a step of the visitor's office may lead to.
func (v *visit) steps(f truce.CaseFile) []Choice {
	var out []Choice
	for _, a := range truce.Arrows() {
		if a.By != "step" || !slices.Contains(a.From, f.State) || !slices.Contains(a.Roles, v.me.Role) || a.Rule == "resume" && a.To != f.Before {
			continue
		}
		c := Choice{string(a.To), v.stateName(a.To)}
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

func (v *visit) offices(roles ...truce.Role) []Choice {
	var out []Choice
	for _, o := range v.house.Offices {
		if len(roles) == 0 || slices.Contains(roles, o.Role) {
			out = append(out, Choice{string(o.ID), v.officeName(o.ID)})
		}
	}
	return out
}

// actorChoices are the actors of the registry, by name.
func (v *visit) actorChoices() []Choice {
	var out []Choice
	for id := range v.words.actors {
		out = append(out, Choice{string(id), v.name(string(id))})
	}
	slices.SortFunc(out, func(a, b Choice) int { return strings.Compare(a.Label+a.Value, b.Label+b.Value) })
	return out
}

// dissentable are the newest proposal and the other offices' texts.
func (v *visit) dissentable(f truce.CaseFile) []Choice {
	var out []Choice
	if n := len(f.Proposals); n > 0 && f.State == truce.CaseDeliberation {
		p := f.Proposals[n-1]
		out = append(out, Choice{p.Statement.String(), v.t.T("act.the_proposal", "office", v.officeName(p.Office))})
	}
	for _, x := range f.Texts {
		if x.Office != v.me.ID && x.Round == f.Round {
			out = append(out, Choice{x.Statement.String(), v.t.T("act.the_text", "office", v.officeName(x.Office))})
		}
	}
	return out
}

// sayOnCase says what a form of the case's page asks for. What the rules refuse
// is shown on the form, and nothing was said.
func (s *site) sayOnCase(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	n, err := number(v.r.PathValue("n"))
	if err != nil {
		return err
	}
	c, err := v.view.CaseNumber(v.ctx(), int(n))
	if err != nil {
		return err
	}
	kind := truce.Kind(form.Get("kind"))
	var sealed sealedPart
	body, err := v.caseBody(kind, form, c.File)
	if a, ok := body.(*truce.Assessment); ok && err == nil && v.sealsNow(c.File) {
		body, sealed, err = seal(a)
	}
	info, _ := truce.InfoOf(kind)
	if err == nil && info.Binding && (form.Get("how-sign") != "" || s.o.Demo == nil) {
		if err = body.Validate(); err == nil {
			return v.showSign(body, "/docket/"+strconv.Itoa(c.File.Number), sealed, "")
		}
	}
	if err == nil {
		var r record.Receipt
		r, err = v.say(body)
		sealed.Statement = statementLink(r.Index)
	}
	if err != nil {
		return v.showFaulty(kind, form, err)
	}
	if sealed.Text != "" {
		p, err := queryCase(v)
		if err != nil {
			return err
		}
		p.Sealed = sealed
		return v.show("case", p)
	}
	return v.see("/docket/" + strconv.Itoa(c.File.Number))
}

// seal takes an assessment apart: its hash to be filed now, its text to be kept
// by the author and filed when all have sealed.
func seal(a *truce.Assessment) (truce.Body, sealedPart, error) {
	nonce := make([]byte, 24)
	if _, err := rand.Read(nonce); err != nil {
		return nil, sealedPart{}, err
	}
	a.Nonce = hex.EncodeToString(nonce)
	hash, err := truce.SealOf(*a)
	if err != nil {
		return nil, sealedPart{}, err
	}
	text, err := json.Marshal(a)
	return &truce.AssessmentSealed{Case: a.Case, Hash: hash}, sealedPart{Text: string(text)}, err
}

// showFaulty shows the case again with what was wrong beside the answers.
func (v *visit) showFaulty(kind truce.Kind, form url.Values, err error) error {
	var e *truce.Error
	if !errors.As(err, &e) {
		return err
	}
	p, qerr := queryCase(v)
	if qerr != nil {
		return qerr
	}
	p.Fault = e.Why
	for i := range p.Forms {
		f := &p.Forms[i]
		if f.Kind != kind {
			continue
		}
		f.Open = true
		keepAnswers(f.Fields, form, e, string(kind)+"-")
	}
	status, _ := statusOf(err)
	return v.s.pages.Render(v.w, status, "case", p)
}

// keepAnswers puts what was answered back into a form, and a fault beside the
// field that it is about.
func keepAnswers(fields []Field, form url.Values, e *truce.Error, prefix string) {
	about := strings.TrimPrefix(e.Field, "body.")
	about, _, _ = strings.Cut(about, ".")
	for i := range fields {
		f := &fields[i]
		f.Value = form.Get(f.Name)
		if about != "" && f.Name == prefix+about {
			f.Fault = e.Why
		}
	}
}

// caseBody makes the body that a form asks for.
func (v *visit) caseBody(k truce.Kind, form url.Values, f truce.CaseFile) (truce.Body, error) {
	get := func(name string) string { return strings.TrimSpace(form.Get(string(k) + "-" + name)) }
	words := func(name string) []truce.Text {
		if get(name) == "" {
			return nil
		}
		return []truce.Text{{Lang: v.t.Code, Text: get(name)}}
	}
	switch k {
	case "step":
		return &truce.Step{Case: f.ID, To: truce.CaseState(get("to")), How: get("how"), Access: get("access"), Note: get("note")}, nil
	case "information-request":
		return &truce.InformationRequest{Case: f.ID, Party: truce.ActorID(get("party")), Through: truce.OfficeID(get("through")),
			Liaison: truce.OfficeID(get("liaison")), Alleged: get("alleged"), Asks: lines(get("asks"))}, nil
	case "assessment":
		return v.assessment(get, words, f)
	case "proposal":
		return &truce.Proposal{Case: f.ID, Outcome: truce.Outcome(get("outcome")), Text: words("text")}, nil
	case "concurrence":
		return &truce.Concurrence{With: newestProposal(f), Note: get("note")}, nil
	case "reservation":
		return &truce.Reservation{With: newestProposal(f), Text: words("text")}, nil
	case "dissent":
		b := &truce.Dissent{Text: words("text")}
		return b, b.From.UnmarshalText([]byte(get("from")))
	case "referral":
		return &truce.Referral{Case: f.ID, To: get("to_whom"), Why: get("why")}, nil
	case "reopening":
		ids, err := v.statementIDs(get("evidence"))
		return &truce.Reopening{Case: f.ID, Why: get("why"), Evidence: ids}, err
	case "notice":
		due, err := v.due(get("due"))
		return &truce.Notice{Case: f.ID, To: truce.OfficeID(get("office")), Subject: get("subject"), Text: get("text"), Due: due}, err
	case "remedy":
		due, err := v.due(get("due"))
		return &truce.Remedy{Case: f.ID, By: truce.ActorID(get("party")), Act: get("act"), Due: due}, err
	}
	return nil, &truce.Error{Kind: truce.Invalid, Field: "kind", Why: v.t.T("act.no_form")}
}

func newestProposal(f truce.CaseFile) truce.StatementID {
	if n := len(f.Proposals); n > 0 {
		return f.Proposals[n-1].Statement
	}
	return truce.StatementID{}
}

// assessment makes an office's text: what was opened, else what the form says,
// with what the officer saw.
func (v *visit) assessment(get func(string) string, words func(string) []truce.Text, f truce.CaseFile) (*truce.Assessment, error) {
	a := &truce.Assessment{}
	if opened := get("opened"); opened != "" {
		if err := json.Unmarshal([]byte(opened), a); err != nil {
			return nil, &truce.Error{Kind: truce.Invalid, Field: "opened", Why: v.t.T("act.opened_broken")}
		}
		if s := v.mySeal(f); s != nil {
			a.Sealed = s.Statement
		}
		return a, nil
	}
	threat, err := number(get("threat"))
	if err != nil {
		return nil, err
	}
	a.Case, a.Occurred, a.Outcome, a.Severity = f.ID, get("occurred"), truce.Outcome(get("outcome")), get("severity")
	a.Threat, a.Reasons, a.AsOf = int32(threat), words("reasons"), v.asOf()
	if get("degree") != "" {
		a.Attributed = []truce.Attributed{{Actor: truce.ActorID(get("party")), Degree: get("degree")}}
	}
	claims, err := v.view.Claims(v.ctx(), f.Incident)
	for _, c := range claims {
		a.Seen = append(a.Seen, truce.SeenClaim{Ref: c.Ref, Claim: c.Claim})
	}
	return a, err
}

// statementIDs reads statements written as S 12, 12 or by their whole ID.
func (v *visit) statementIDs(s string) ([]truce.StatementID, error) {
	var out []truce.StatementID
	for _, word := range strings.FieldsFunc(strings.ReplaceAll(s, "S ", "S"), func(r rune) bool { return strings.ContainsRune(" ,;\n\t", r) }) {
		x, err := v.statementAt(strings.TrimPrefix(word, "S"))
		if err != nil {
			return nil, err
		}
		out = append(out, x.ID)
	}
	return out, nil
}

// due reads a time of the regime's wall clock; empty is not stated.
func (v *visit) due(wall string) (truce.Instant, error) {
	if wall == "" {
		return 0, nil
	}
	return v.house.Procedure.Zone.Instant(wall)
}

// lines are the lines of a text, the empty ones left out.
func lines(s string) []string {
	var out []string
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}
