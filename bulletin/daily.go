package bulletin

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/marchday/marchday/truce"
)

// Daily is one day as the record shows it to one audience: what every edition
// is rendered from, and itself the JSON edition. It holds no map, so its bytes
// have one order. Times are UTC.
type Daily struct {
	Head       Head        `json:"bulletin"`
	Highlights []Highlight `json:"highlights"`
	Table      Table       `json:"table"`
	Incidents  []Incident  `json:"incidents"` // that began in the period, in the order of the record
	Intake     []Received  `json:"intake"`
	Coverage   Coverage    `json:"coverage"`
	Spans      []Span      `json:"spans"`
	Readings   []Reading   `json:"readings"`
	Docket     Docket      `json:"docket"`
	Territory  []Note      `json:"territory"`
	Convoys    []Convoy    `json:"convoys"`
	Talks      []Note      `json:"talks"`
	Errata     Errata      `json:"errata"`
	Series     []SeriesDay `json:"series"`
	Method     Method      `json:"method"`
}

// JSON returns the canonical bytes: keys in the order of the model, integers
// only, one space of indent, a newline at the end.
func (d *Daily) JSON() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	err := enc.Encode(d)
	return b.Bytes(), err
}

// Named is something with an id and its names by language; names may be
// missing, then the id is shown.
type Named struct {
	ID   string       `json:"id"`
	Name []truce.Text `json:"name,omitempty"`
}

// Count is a number of things counted, or Missing.
type Count int

// Missing means that there is no number: nobody watched, so none is not zero.
const Missing Count = -1

// MarshalJSON writes null for Missing.
func (c Count) MarshalJSON() ([]byte, error) {
	if c == Missing {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, int64(c), 10), nil
}

// Head says which bulletin this is and of which record.
type Head struct {
	Schema    string         `json:"schema"`
	Centre    []truce.Text   `json:"centre"`
	Regime    truce.RegimeID `json:"regime"`
	About     []truce.Text   `json:"about"`
	Mode      truce.Mode     `json:"mode"`
	Sort      string         `json:"sort"`
	Number    int            `json:"number"`  // among the days that were published, in order of the record
	Edition   int            `json:"edition"` // of this day
	Day       string         `json:"day"`
	From      truce.Instant  `json:"from"`
	To        truce.Instant  `json:"to"`
	Zone      truce.Zone     `json:"zone"`
	Audience  truce.Marking  `json:"audience"`
	TLP       truce.Label    `json:"tlp"` // how far it may be passed on
	Origin    string         `json:"origin"`
	Size      int64          `json:"size"`
	Root      truce.Digest   `json:"root"`
	Permalink string         `json:"permalink"`
	Chairs    []Named        `json:"co_chairs"` // in the order of their founding
	Offices   []Named        `json:"offices"`   // all of them, likewise
}

// Highlight is one sentence that a rule made, with where to look.
type Highlight struct {
	Rule  string   `json:"rule"`
	Args  []Arg    `json:"args,omitempty"`
	Links []string `json:"links"`
}

// Arg fills one place of a highlight's sentence: with a number, names,
// a word of the catalogue, counts by office, a toll or claimed beginnings.
type Arg struct {
	Name  string       `json:"name"`
	N     *int         `json:"n,omitempty"`
	Named []Named      `json:"named,omitempty"`
	Word  string       `json:"word,omitempty"` // a key of the catalogue
	Tally []Tally      `json:"tally,omitempty"`
	Toll  *ArgToll     `json:"toll,omitempty"`
	Clock []ClockClaim `json:"clock,omitempty"`
}

// ArgToll is a merged figure as a sentence gives it.
type ArgToll struct {
	Low  int32 `json:"low"`
	High int32 `json:"high"`
	More bool  `json:"or_more,omitempty"`
}

// ClockClaim is a beginning as somebody claims it; the zero time is not stated.
type ClockClaim struct {
	By    Named         `json:"by"`
	Start truce.Instant `json:"start,omitzero"`
}

// Tally is a number of claims or acts under one office.
type Tally struct {
	Office truce.OfficeID `json:"office"`
	N      Count          `json:"n"`
}

// Table is the core table: one row for each first-order unit, then all.
type Table struct {
	Rows    []Row  `json:"rows"` // units by their ids, those of unknown place last
	All     Row    `json:"all"`
	Watch   string `json:"watch"`   // recorded or not-recorded
	Undated int    `json:"undated"` // incidents in the record of which no time is known
}

// Why a row has its figures.
const (
	RowReported = "reported" // somebody reported from there
	RowWatched  = "watched"  // nobody reported, and it was watched: zero is zero
	RowNothing  = "nothing"  // neither
)

// Row is one first-order unit. Claimed and Others count claims linked to
// incidents that began in the period; the columns from Confirmed to Outside
// count those incidents and add up to Incidents.
type Row struct {
	Unit      Named   `json:"unit"`
	Basis     string  `json:"basis"`
	Claimed   []Tally `json:"claimed"` // by each co-chair's side, in order of founding
	Others    Count   `json:"claimed_by_others"`
	Confirmed Count   `json:"confirmed_by_all"`
	Disputed  Count   `json:"disputed"`
	Rejected  Count   `json:"rejected_by_all"`
	Pending   Count   `json:"pending"`
	Outside   Count   `json:"outside"`
	Incidents Count   `json:"incidents"`
	Before    Count   `json:"incidents_day_before"`
	Watched   Watched `json:"watched"`
}

// How much was watched.
const (
	WatchNone     = "not-recorded" // no watch is in the record at all
	WatchNot      = "not-watched"
	WatchKept     = "watched"
	WatchRecorded = "recorded" // of the table: at least one watch is in the record
)

// Watched says how much of a unit was watched in the period.
type Watched struct {
	State   string `json:"state"`
	Minutes int    `json:"minutes,omitempty"` // in which anybody watched any of it
	Of      int    `json:"of,omitempty"`      // minutes of the period
	Posts   int    `json:"posts,omitempty"`
	Floor   bool   `json:"over_floor,omitempty"` // enough that none means zero
}

// Incident is one incident as this audience sees it.
type Incident struct {
	Name    string             `json:"name"` // S1042@132
	ID      truce.IncidentID   `json:"id"`
	Index   int64              `json:"index"`
	Event   string             `json:"event"`
	Object  string             `json:"object,omitempty"`
	From    truce.Instant      `json:"from,omitzero"`
	To      truce.Instant      `json:"to,omitzero"`
	Exact   truce.Precision    `json:"precision,omitempty"`
	Place   Named              `json:"place"`
	Unit    Named              `json:"unit"`
	Point   *truce.Point       `json:"point,omitempty"`
	Radius  int32              `json:"radius_metres,omitempty"`
	Alleged []Alleged          `json:"alleged,omitempty"`
	Claims  int                `json:"claims"`
	Claimed []Tally            `json:"claimed"`
	Others  int                `json:"claimed_by_others"`
	Sources int                `json:"independent_sources"`
	Status  string             `json:"status"`
	Why     string             `json:"status_why,omitempty"`
	Agree   bool               `json:"readings_agree"`
	Acts    []Act              `json:"acts,omitempty"` // one per alleged actor, with every reading
	Tolls   []Toll             `json:"casualties,omitempty"`
	Answers []Response         `json:"responses,omitempty"`
	Case    int                `json:"case,omitempty"`
	Aliases []truce.IncidentID `json:"aliases,omitempty"`
}

// Alleged is who is said to have done it, by whom, and who denies it.
type Alleged struct {
	Actor  Named   `json:"actor"`
	By     []Named `json:"by,omitempty"`
	Denied []Named `json:"denied,omitempty"`
	Claims bool    `json:"claims,omitempty"` // it says so itself
}

// Response links an incident to one that it is claimed to answer or mirror.
type Response struct {
	Incident truce.IncidentID `json:"incident"`
	Sort     string           `json:"sort"`
	By       []Named          `json:"by,omitempty"`
}

// Act is one alleged act with each co-chair's verdict, in order of founding.
type Act struct {
	Actor     Named     `json:"actor,omitzero"` // the zero Named where nobody is alleged
	Agree     bool      `json:"agree"`
	SameTerms bool      `json:"same_terms,omitempty"`
	SameClock bool      `json:"same_clock,omitempty"`
	Verdicts  []Verdict `json:"verdicts"`
}

// Verdict is what one office's reading gives on one alleged actor's act.
type Verdict struct {
	Office       truce.OfficeID `json:"office"`
	Actor        Named          `json:"actor,omitzero"` // of a coalition\'s member
	Answer       truce.Answer   `json:"answer"`
	Terms        []TermAnswer   `json:"terms,omitempty"`   // that judge the act
	Members      []Verdict      `json:"members,omitempty"` // of a coalition, each judged alone
	Illustration bool           `json:"illustration,omitempty"`
}

// TermAnswer is a verdict's answer under one term, with what is missing.
type TermAnswer struct {
	Term       truce.TermID       `json:"term"`
	Instrument truce.InstrumentID `json:"instrument"`
	Paragraph  string             `json:"paragraph,omitempty"`
	Answer     truce.Answer       `json:"answer"`
	Span       Named              `json:"span,omitzero"`
	Deciding   bool               `json:"deciding,omitempty"`
	Missing    []Lacking          `json:"missing,omitempty"`
}

// Lacking is a premise that nobody signed, or that is not known well enough.
type Lacking struct {
	What truce.What `json:"what"`
	Of   Named      `json:"of,omitzero"`
}

// Toll is a merged figure over independent sources. Only figures of one kind
// and scope, of the same people and status, merge.
type Toll struct {
	Kind     truce.CasualtyKind `json:"kind"`
	Scope    string             `json:"scope"`
	Who      string             `json:"who"`
	Status   string             `json:"status,omitempty"` // civilian, combatant, mixed; empty is not stated
	Low      int32              `json:"low"`
	Best     Count              `json:"best"`
	High     int32              `json:"high"`
	More     bool               `json:"or_more,omitempty"`
	Rule     string             `json:"rule"`
	Lineages []Lineage          `json:"lineages"` // the independent sources
}

// Lineage is what one independent source says: its newest figure and the older
// ones that it superseded, oldest first.
type Lineage struct {
	Of     Named    `json:"of"`
	Bounds bool     `json:"bounds_only,omitempty"` // has a stake, or gives bounds alone: counts for low and high, not for best
	Newest Figure   `json:"newest"`
	Older  []Figure `json:"older,omitempty"`
}

// Figure is one figure as somebody gave it.
type Figure struct {
	Index int64         `json:"index"`
	Said  truce.Instant `json:"said,omitzero"`
	Low   int32         `json:"low"`  // truce.Open where not stated
	High  int32         `json:"high"` // likewise
	Qual  string        `json:"qual,omitempty"`
	Text  string        `json:"text,omitempty"`
}

// Received counts statements of intake that came in during the period.
type Received struct {
	Kind truce.Kind `json:"kind"`
	N    int        `json:"n"`
}

// Coverage is who watched, and what kept others from watching.
type Coverage struct {
	Restrictions []Restriction `json:"restrictions"`
	Watches      []Watch       `json:"watches"`
}

// Restriction is one denial, delay or jamming in the period.
type Restriction struct {
	Index   int64          `json:"index"`
	Office  truce.OfficeID `json:"office"` // that was kept from seeing
	Sort    string         `json:"sort"`
	Place   Named          `json:"place"`
	From    truce.Instant  `json:"from"`
	Minutes int            `json:"minutes,omitempty"`
	By      Named          `json:"by,omitzero"`
	Reason  string         `json:"reason,omitempty"`
}

// Watch is one watch that was kept in the period.
type Watch struct {
	Index   int64          `json:"index"`
	Office  truce.OfficeID `json:"office"`
	Channel string         `json:"channel"`
	Places  []Named        `json:"places,omitempty"`
	Minutes int            `json:"minutes"` // within the period
	Posts   int            `json:"posts"`
	Nothing bool           `json:"nothing,omitempty"`
}

// Span is a regime or calm as claimed, and what each co-chair reads of it.
type Span struct {
	Index     int64           `json:"index"`
	Span      Named           `json:"span"`
	Sort      string          `json:"sort"`
	Act       string          `json:"act"`
	Area      []Named         `json:"area"`
	Except    []Named         `json:"except,omitempty"`
	ClaimedBy Named           `json:"claimed_by"`
	State     truce.SpanState `json:"state"` // at the cut-off, by its claimant's own clock
	Start     truce.Instant   `json:"start,omitzero"`
	EndFrom   truce.Instant   `json:"end_from,omitzero"`
	EndTo     truce.Instant   `json:"end_to,omitzero"`
	Wording   string          `json:"wording,omitempty"`
	Begins    bool            `json:"begins,omitempty"` // in the period, by this clock
	Ends      bool            `json:"ends,omitempty"`
	Read      []SpanRead      `json:"read"`
}

// SpanRead is one co-chair's word on a span.
type SpanRead struct {
	Office       truce.OfficeID `json:"office"`
	How          string         `json:"how"` // claimed, adopted, stated, none
	Start        truce.Instant  `json:"start,omitzero"`
	EndFrom      truce.Instant  `json:"end_from,omitzero"`
	EndTo        truce.Instant  `json:"end_to,omitzero"`
	Index        int64          `json:"index,omitempty"`
	Illustration bool           `json:"illustration,omitempty"`
}

// Reading is a reading in force in the period.
type Reading struct {
	Index        int64          `json:"index"`
	Office       truce.OfficeID `json:"office"`
	ID           string         `json:"id"`
	About        string         `json:"about"`
	Of           Named          `json:"of"`
	Text         []truce.Text   `json:"text,omitempty"`
	Illustration bool           `json:"illustration,omitempty"`
}

// Docket is the cases that are open at the cut-off, and those decided in the
// period.
type Docket struct {
	Open    []Case `json:"open"`
	Decided []Case `json:"decided"`
}

// Case is one case with its clocks and every office's text.
type Case struct {
	Number    int               `json:"number"`
	ID        truce.StatementID `json:"id"`
	Index     int64             `json:"index"`
	Title     string            `json:"title,omitempty"`
	State     truce.CaseState   `json:"state"`
	Opened    truce.Instant     `json:"opened"`
	Trigger   string            `json:"trigger"`
	Rule      string            `json:"rule,omitempty"`
	Incident  Incident          `json:"incident,omitzero"`
	Older     bool              `json:"older,omitempty"` // the incident began before the period
	Clocks    []Clock           `json:"clocks,omitempty"`
	Requests  []Request         `json:"requests,omitempty"`
	Path      []Move            `json:"path"`
	Texts     []Opinion         `json:"texts"` // one of each co-chair, in order of founding
	Finding   truce.FindingKind `json:"finding,omitempty"`
	Outcome   truce.Outcome     `json:"outcome,omitempty"` // joint findings alone
	DecidedAt truce.Instant     `json:"decided_at,omitzero"`
	Proposal  []truce.Text      `json:"proposal,omitempty"`
	Answers   []Opinion         `json:"answers,omitempty"` // to the proposal, and dissents from a text
}

// Clock is a running clock of a case.
type Clock struct {
	Name    string        `json:"name"`
	Due     truce.Instant `json:"due"`
	Overdue bool          `json:"overdue,omitempty"` // at the cut-off
}

// Request is an information request to a party.
type Request struct {
	Party   Named         `json:"party"`
	Asked   truce.Instant `json:"asked"`
	Due     truce.Instant `json:"due,omitzero"`
	Replied truce.Instant `json:"replied,omitzero"`
	NoReply bool          `json:"no_reply,omitempty"` // the time has run out; it is no guilt
}

// Move is one step of a case's path.
type Move struct {
	Index  int64           `json:"index"`
	At     truce.Instant   `json:"at"`
	To     truce.CaseState `json:"to"`
	Kind   truce.Kind      `json:"kind"`
	Office truce.OfficeID  `json:"office"`
}

// How an office's text stands.
const (
	TextFiled   = "filed"
	TextSealed  = "sealed"  // its hash is in; it opens when all are in or the clock has ended
	TextMissing = "missing" // the clock has ended: no assessment filed by this office
	TextAwaited = "awaited"
)

// Opinion is one office's text or answer. Whatever it says, it has the same
// weight.
type Opinion struct {
	Office   truce.OfficeID `json:"office"`
	State    string         `json:"state"` // filed, sealed, missing, awaited; of an answer: concurrence, reservation, dissent, silent
	Index    int64          `json:"index,omitempty"`
	At       truce.Instant  `json:"at,omitzero"`
	Occurred string         `json:"occurred,omitempty"`
	Outcome  truce.Outcome  `json:"outcome,omitempty"`
	Severity string         `json:"severity,omitempty"`
	Text     []truce.Text   `json:"text,omitempty"`
	Withheld bool           `json:"withheld,omitempty"` // this audience may not read the text
}

// Note is something said of territory, crossings or the talks.
type Note struct {
	Index     int64          `json:"index"`
	Office    truce.OfficeID `json:"office"`
	Kind      truce.Kind     `json:"kind"`
	Sort      string         `json:"sort,omitempty"`
	By        []Named        `json:"by,omitempty"`
	Of        Named          `json:"of,omitzero"` // who held it, which round
	Places    []Named        `json:"places,omitempty"`
	From      truce.Instant  `json:"from,omitzero"`
	To        truce.Instant  `json:"to,omitzero"`
	Text      []truce.Text   `json:"text,omitempty"`
	Incidents []string       `json:"incidents,omitempty"`
	Cases     []int          `json:"cases,omitempty"`
}

// Convoy is a request for passage with its answers and what became of it.
type Convoy struct {
	Index   int64          `json:"index"`
	Office  truce.OfficeID `json:"office"`
	ID      string         `json:"id"`
	To      Named          `json:"to"`
	Asked   []Named        `json:"asked"`
	Cargo   []string       `json:"cargo,omitempty"`
	Answers []ConvoyAnswer `json:"answers,omitempty"`
	Steps   []ConvoyStep   `json:"steps,omitempty"`
	State   string         `json:"state"` // of its newest step, else of its answers: no-answer, awaited, approved, partly, denied
}

// ConvoyAnswer is one answer to a request for passage.
type ConvoyAnswer struct {
	Index      int64    `json:"index"`
	By         Named    `json:"by"`
	Answer     string   `json:"answer"`
	Conditions []string `json:"conditions,omitempty"`
	Refused    []string `json:"refused,omitempty"`
}

// ConvoyStep is one thing that happened to a convoy.
type ConvoyStep struct {
	Index int64         `json:"index"`
	State string        `json:"state"`
	At    truce.Instant `json:"at,omitzero"`
	Place Named         `json:"place,omitzero"`
	By    Named         `json:"by,omitzero"`
	Items []string      `json:"items,omitempty"`
}

// Errata is what changes earlier bulletins: those that were published anew,
// and verdicts on older incidents that a statement of the period changed.
type Errata struct {
	Bulletins []Erratum `json:"bulletins"`
	Verdicts  []Change  `json:"verdicts"`
}

// Erratum is a bulletin of the period that corrects an earlier one.
type Erratum struct {
	Index    int64  `json:"index"`    // of the statement that corrects
	Day      string `json:"day"`      // of the corrected bulletin
	Corrects int64  `json:"corrects"` // index of its statement
	Why      string `json:"why,omitempty"`
}

// Change is a verdict on an incident of an earlier day, before and after.
type Change struct {
	Index    int64          `json:"index"` // of the statement that changed it
	Incident string         `json:"incident"`
	Day      string         `json:"day"`
	Office   truce.OfficeID `json:"office"`
	Before   truce.Answer   `json:"before,omitempty"`
	After    truce.Answer   `json:"after"`
}

// SeriesDay is one counting day of the chart.
type SeriesDay struct {
	Day       string `json:"day"`
	Basis     string `json:"basis"` // reported, watched, nothing
	Confirmed int    `json:"confirmed_by_all"`
	Disputed  int    `json:"disputed"`
	Rejected  int    `json:"rejected_by_all"`
	Pending   int    `json:"pending"`
	Outside   int    `json:"outside"`
}

// Method says by what the figures were made.
type Method struct {
	Release   string          `json:"release"`
	Engines   []Engine        `json:"engines"`
	Threshold truce.Threshold `json:"threshold"`
	Floor     int32           `json:"coverage_floor_per_mille"`
	CutOff    string          `json:"cut_off"`
}

// Engine is one engine of the method in force.
type Engine struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}
