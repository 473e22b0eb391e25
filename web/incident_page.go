package web

import (
	"fmt"
	"strings"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

type incidentPage struct {
	page
	Title     string
	Incident  picture.Incident
	When      string
	Wording   string
	Place     string
	Unit      string
	Alleged   []allegedRow
	Claims    []Claim
	Tolls     []tollPart
	Named     string // how many of the dead are named, "" where none is
	Verdicts  []actorVerdicts
	Changed   []changed
	Links     []claimLink
	Compared  []compared
	Suggested []suggestion
	Doubtful  []suggestion // claims of it that may be of another
	Decisions []decided
	MayDecide bool
	Others    []otherIncident
	Aliases   []string
	Case      Link
	State     string
	Map       Drawn
	Anchor    Link
	Proof     string
	OpenForm  bool
	CaseNote  Field
	Conflicts []Link
	Notes     notesPart
}

// incident shows one incident: who says what, what each reading says of it.
func (s *site) incident(v *visit) error {
	i, err := v.incident(v.r.PathValue("id"))
	if err != nil {
		return err
	}
	if canonical := incidentID(i); v.r.PathValue("id") != canonical.Label {
		to := canonical.Href
		if v.r.URL.RawQuery != "" {
			to += "?" + v.r.URL.RawQuery
		}
		return v.see(to)
	}
	p, err := queryIncident(v, i)
	if err != nil {
		return err
	}
	return v.show("incident", p)
}

// incident finds an incident by S1042@132, or by the whole name of its anchor.
func (v *visit) incident(name string) (picture.Incident, error) {
	var index int64
	var at uint32
	if n, _ := fmt.Sscanf(strings.TrimSuffix(name, "\n"), "S%d@%d", &index, &at); n >= 1 {
		return v.view.IncidentAt(v.ctx(), index, at)
	}
	ref, err := truce.ParseClaimRef(name)
	if err != nil {
		return picture.Incident{}, err
	}
	return v.view.Incident(v.ctx(), ref)
}

func queryIncident(v *visit, i picture.Incident) (*incidentPage, error) {
	id := incidentID(i)
	p := &incidentPage{
		page:  v.page(Link{v.t.T("nav.incidents"), "/incidents"}, Link{id.Label, ""}),
		Title: v.title(i), Incident: i, When: v.when(i.When), Wording: i.When.Wording, Place: v.place(i.Where), Unit: v.unit(i.Where),
		Anchor: v.toStatement(i.Index),
	}
	if p.Anchor.Href != "" {
		p.Proof = p.Anchor.Href + "/proof"
	}
	claims, err := v.view.Claims(v.ctx(), i.ID)
	if err != nil {
		return nil, err
	}
	for _, c := range claims {
		p.Claims = append(p.Claims, v.claimCard(c))
		if l, ok := v.claimLink(c); ok {
			p.Links = append(p.Links, l)
		}
	}
	p.add(v.claimTable(claims))
	p.Doubtful = v.doubtful(i, claims)
	p.Compared, p.Suggested, p.Decisions, p.MayDecide = v.compare(claims), v.suggestions(i, claims), v.decisions(claims), v.may("same")
	p.Alleged = v.allegedRows(i)
	p.Named = v.namedDead(i, claims)
	if p.Tolls, err = v.tolls(i.Tally); err != nil {
		return nil, err
	}
	if p.Verdicts, err = v.verdicts(i); err != nil {
		return nil, err
	}
	if p.Changed, err = v.changedVerdicts(i.ID, 0); err != nil {
		return nil, err
	}
	p.Others = v.others(i)
	for _, c := range i.Conflicts {
		p.Conflicts = append(p.Conflicts, v.statement(c.Decision))
	}
	for _, a := range i.Aliases {
		p.Aliases = append(p.Aliases, v.refName(a))
	}
	if err := v.caseOf(p, i); err != nil {
		return nil, err
	}
	if p.Notes, err = v.incidentNotes(&p.page, i); err != nil {
		return nil, err
	}
	if v.s.base != nil && i.Where.Point != nil {
		if box, ok := v.s.base.UnitBox(string(picture.Adm1(i.Where))); ok {
			m := v.mapOf([]picture.Incident{i})
			m.ID, m.Box = "where", box
			p.Map, err = v.s.base.Draw(v.t, m)
		}
	}
	return p, err
}

// refName is a claim's name as people read it.
func (v *visit) refName(r truce.ClaimRef) string {
	s, err := v.view.StatementByID(v.ctx(), r.Statement)
	if err != nil {
		return r.String()
	}
	return r.Display(s.Index)
}

// allegedRow says of one actor who alleges and who denies.
type allegedRow struct {
	Actor      string
	By, Denied string
	Claims     bool
}

func (v *visit) allegedRows(i picture.Incident) []allegedRow {
	var all []allegedRow
	for _, a := range i.Alleged {
		all = append(all, allegedRow{v.name(string(a.Actor)), v.speakers(a.By), v.speakers(a.Denied), a.Claims})
	}
	return all
}

// toStatement leads to a statement that the reader may read; of one of which a
// part was released it is the name alone.
func (v *visit) toStatement(index int64) Link {
	l := statementLink(index)
	if v.view.Level() != truce.Amber {
		if _, err := v.view.Statement(v.ctx(), index); err != nil {
			l.Href = ""
		}
	}
	return l
}

// claimCard puts a claim on a card: the speaker, the words, the fields.
func (v *visit) claimCard(c picture.Claim) Claim {
	t := v.t
	card := Claim{
		ID: fmt.Sprintf("c%d-%d", c.Index, c.Ref.At), Speaker: v.speaker(c), Quote: c.Quote, Statement: v.toStatement(c.Index),
		Received: v.local(c.Received), Denial: c.Claim.Form == truce.Denial || c.Claim.Stance == truce.Denied,
	}
	if c.Publisher != "" && c.Publisher != c.Speaker {
		card.Role = t.T("claim.through", "publisher", v.name(c.Publisher))
	}
	if card.Quote == "" {
		card.Quote = c.Claim.Note
	}
	if c.URL != "" {
		card.Source = Link{t.T("claim.source"), c.URL}
	}
	add := func(key, value string) { card.Facts = append(card.Facts, Fact{t.T(key), value}) }
	add("col.what", v.what(c.Claim))
	add("claim.stance", t.T("stance."+string(stanceOf(c.Claim))))
	add("col.alleged", v.refs(c.Claim.Actors))
	add("col.against", v.refs(c.Claim.Targets))
	add("col.where", v.place(c.Claim.Place()))
	add("col.when", v.when(c.Claim.When))
	add("col.casualties", v.casualties(c.Claim.Casualties))
	if c.Lineage != "" && c.Lineage != c.Speaker {
		add("claim.lineage", v.name(c.Lineage))
	}
	card.Note = v.claimNote(c)
	return card
}

func stanceOf(c truce.Claim) truce.Stance {
	if c.Stance == "" {
		return truce.Reported
	}
	return c.Stance
}

// claimNote says how the claim came here: read by a machine, corrected, a copy.
func (v *visit) claimNote(c picture.Claim) string {
	var notes []string
	if c.Machine {
		notes = append(notes, v.t.T("claim.machine"))
	}
	if !c.Replaced.IsZero() {
		notes = append(notes, v.t.T("claim.corrected"))
	}
	if !c.Link.CopyOf.IsZero() {
		notes = append(notes, v.t.T("claim.copy", "of", v.refName(c.Link.CopyOf)))
	}
	return strings.Join(notes, " · ")
}

// what is the act of a claim: event, object, weapons, form.
func (v *visit) what(c truce.Claim) string {
	parts := []string{v.word(c.Event)}
	if c.Form != truce.EventClaim {
		parts = append(parts, v.t.T("form_of."+string(c.Form)))
	}
	if c.Object != "" {
		parts = append(parts, v.word(c.Object))
	}
	for _, w := range c.Weapons {
		if w.ID != "" && w.ID != "unknown" {
			parts = append(parts, v.word(w.ID))
		} else if w.Text != "" {
			parts = append(parts, "“"+w.Text+"”")
		}
	}
	if c.Negated {
		parts = append(parts, v.t.T("claim.negated"))
	}
	return v.comma(parts...)
}

// casualties writes the figures of a claim as they were given.
func (v *visit) casualties(all []truce.Casualty) string {
	var parts []string
	for _, k := range all {
		line := v.t.T("toll."+strings.ReplaceAll(string(k.Kind), "-", "_"), "n", v.quantity(k))
		if k.Who != "" {
			line += " (" + v.t.T("who."+k.Who) + ")"
		}
		parts = append(parts, line)
	}
	return v.comma(parts...)
}

func (v *visit) quantity(k truce.Casualty) string {
	n := v.figure(k.Low, k.High)
	switch {
	case n == "":
		return strings.TrimSpace("“" + k.Text + "”")
	case k.Qual == "about" || k.Qual == "nearly" || k.Qual == "hedge":
		return v.t.T("toll.about", "n", n)
	}
	return n
}

// claimTable is the same claims as rows, for the CSV.
func (v *visit) claimTable(claims []picture.Claim) *Table {
	t := v.t
	table := &Table{ID: "claims", Caption: t.T("incident.claims"), Columns: []Column{
		{Key: "claim", Label: t.T("col.claim")}, {Key: "speaker", Label: t.T("col.speaker")}, {Key: "stance", Label: t.T("claim.stance")},
		{Key: "lineage", Label: t.T("claim.lineage")}, {Key: "event", Label: t.T("col.what")}, {Key: "alleged", Label: t.T("col.alleged")},
		{Key: "place", Label: t.T("col.where")}, {Key: "when", Label: t.T("col.when")}, {Key: "casualties", Label: t.T("col.casualties")},
		{Key: "received", Label: t.T("claim.received")},
	}}
	for _, c := range claims {
		table.Rows = append(table.Rows, Row{Cells: []Cell{
			{Text: c.Ref.Display(c.Index), Href: v.toStatement(c.Index).Href}, {Text: v.speaker(c), Value: c.Speaker},
			{Text: t.T("stance." + string(stanceOf(c.Claim))), Value: string(stanceOf(c.Claim))}, {Text: v.name(c.Lineage), Value: c.Lineage},
			{Text: v.what(c.Claim), Value: c.Claim.Event}, text(v.refs(c.Claim.Actors)), text(v.place(c.Claim.Place())), v.stamp(c.Claim.When),
			text(v.casualties(c.Claim.Casualties)), v.instant(c.Received),
		}})
	}
	return table
}

// otherIncident is one that this incident is claimed to answer, or to mirror.
type otherIncident struct {
	Link Link
	Text string
}

func (v *visit) others(i picture.Incident) []otherIncident {
	var all []otherIncident
	for _, r := range i.Responses {
		o := otherIncident{Text: v.t.T("incident."+r.Sort, "by", v.speakers(r.By))}
		if other, err := v.view.Incident(v.ctx(), r.Incident); err == nil {
			o.Link = Link{incidentID(other).Label + ": " + v.title(other), incidentID(other).Href}
		} else {
			o.Link = Link{v.t.T("statement.closed"), ""}
		}
		all = append(all, o)
	}
	return all
}

// caseOf links the case about the incident, or offers to open one.
func (v *visit) caseOf(p *incidentPage, i picture.Incident) error {
	if i.Case == 0 {
		p.OpenForm = v.may("case")
		p.CaseNote = Field{Name: "note", Label: v.t.T("col.note"), Long: true}
		return nil
	}
	c, err := v.view.CaseNumber(v.ctx(), i.Case)
	if truce.KindOf(err) == truce.Unknown {
		return nil // the docket is not open to this reader
	}
	if err != nil {
		return err
	}
	p.Case = caseLink(v.t, c)
	p.State = caseBadge(c.File, v.view.Now())
	return nil
}

// may reports whether the visitor's office is of a role that may say a kind.
func (v *visit) may(k truce.Kind) bool {
	info, known := truce.InfoOf(k)
	if !known || v.me.ID == "" {
		return false
	}
	if len(info.Who) == 0 {
		return true
	}
	for _, role := range info.Who {
		if role == v.me.Role {
			return true
		}
	}
	return false
}
