package web

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/marchday/marchday/centre"
	"github.com/marchday/marchday/truce"
)

// maxTold bounds an anonymous form: 15,000 bytes of words, percent-encoded.
const (
	maxTold      = 64 << 10
	maxToldWords = 15_000
)

// bare is what a browser may load for a page of the anonymous door: a style
// sheet, and no script at all.
const bare = "default-src 'none'; style-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// door is the pages for those who do not say who they are.
type door struct {
	*site
	gate *gate
}

// NewAnonymous returns the handler of the anonymous door, which has a listener
// of its own: a form, a receipt code, and what became of a report. It writes no
// log of who came or when (Centre, Map and Log are used, and Log is told only
// that a page failed), sets no cookie, needs no script, and never shows
// which entry of the record a report became. What is told goes to the vault.
//
// Who holds this process, or the network before it, sees what is told from then
// on, and from where; nothing of what was told before can be opened with it.
func NewAnonymous(o Options) (http.Handler, error) {
	if o.Centre == nil || !o.Centre.HasVault() {
		return nil, errors.New("web: the anonymous door needs a centre with a vault")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	catalogue, err := Load(sub("catalogue"))
	if err != nil {
		return nil, err
	}
	assets, err := NewAssets(sub("static"))
	if err != nil {
		return nil, err
	}
	pages, err := NewPages(sub("templates/anonymous"), catalogue, assets)
	if err != nil {
		return nil, err
	}
	pages.bare = true
	d := &door{&site{o: Options{Centre: o.Centre, Log: slog.New(slog.DiscardHandler)}, pages: pages}, newGate()}
	if o.Map != nil {
		if d.base, err = NewBase(o.Map); err != nil {
			return nil, err
		}
	}
	m := http.NewServeMux()
	page := func(pattern string, h func(*visit) error) { m.HandleFunc(pattern, d.page("", h)) }
	page("GET /{$}", d.ask)
	page("POST /{$}", d.told)
	page("GET /state", d.askState)
	page("POST /state", d.state)
	m.Handle("GET /assets/", assets)
	m.HandleFunc("/", d.nowhere)
	return d.quiet(m, o.Log), nil
}

// quiet bounds a request and, when a page fails, logs that and nothing else: no
// address, no header, not what was sent, nor a stack that may hold it.
func (d *door) quiet(routes http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxTold)
		a := &answer{ResponseWriter: w}
		defer func() {
			if recover() != nil && a.status == 0 {
				a.WriteHeader(http.StatusInternalServerError)
			}
			if a.status >= http.StatusInternalServerError && a.status != http.StatusServiceUnavailable {
				log.ErrorContext(r.Context(), "the anonymous door failed to answer: see marchday doctor")
			}
		}()
		routes.ServeHTTP(a, r)
	})
}

// tellPage is the form.
type tellPage struct {
	page
	Fields        []Field
	Places        []Field
	Ticket, Turn  string
	At            time.Time     // when the turn comes; zero: none is waited for
	Line          time.Duration // that one waits now without proof
	Hourly, Zeros int           // the published rate, and hex zeros of a proof
	Delay         time.Duration
	Fault         string
}

func (d *door) ask(v *visit) error { return v.show("tell", d.form(v, url.Values{})) }

func (d *door) form(v *visit, sent url.Values) *tellPage {
	now := d.o.Centre.Now()
	p := &tellPage{
		page: v.page(), Ticket: sent.Get("ticket"), Turn: sent.Get("turn"), Line: time.Duration(d.gate.line(now)) * time.Second,
		Hourly: 3600 / gateEvery, Zeros: proofBits / 4, Delay: d.o.Centre.AnonymousDelay(v.house),
	}
	if _, _, ok := d.gate.once(p.Ticket, now); !ok {
		p.Ticket, p.Turn = d.gate.ticket(now), ""
	}
	ask := func(name, kind string, choices ...Choice) Field {
		return Field{Name: name, Label: v.t.T("anonymous." + name), Type: kind, Value: sent.Get(name), Choices: choices}
	}
	words, place, contact := ask("words", ""), ask("place", "text"), ask("contact", "text")
	words.Long, words.Required = true, true
	words.Hint, place.Hint, contact.Hint = v.t.T("anonymous.words_hint"), v.t.T("anonymous.place_hint"), v.t.T("anonymous.contact_hint")
	p.Fields = []Field{words, ask("act", "", v.hotlineActs()...), place, ask("day", "date"), contact}
	if name := strings.TrimSpace(sent.Get("place")); name != "" {
		if found := d.o.Centre.Places(name, v.t.Code); len(found) > 0 {
			p.Places = []Field{{Name: "chosen", Label: v.t.T("hotline.chosen"), Value: sent.Get("chosen"), Choices: v.readBack(found)}}
		}
	}
	return p
}

// toldPage is the receipt: the one place where the code stands.
type toldPage struct {
	page
	Code  string
	Delay time.Duration
}

// told looks a place up, or takes a report in if the gate opens.
func (d *door) told(v *visit) error {
	sent, err := v.form()
	if err != nil {
		return err
	}
	p := d.form(v, sent)
	if sent.Get("do") == "look" {
		if len(p.Places) == 0 {
			err = &truce.Error{Kind: truce.Unknown, Field: "place", Why: v.t.T("anonymous.no_place")}
		}
		return v.showForm("tell", p, p.Fields, &p.Fault, sent, err)
	}
	a, err := d.toldIn(v, sent)
	if err != nil {
		return v.showForm("tell", p, p.Fields, &p.Fault, sent, err)
	}
	switch x := d.gate.admit(p.Ticket, sent.Get("proof"), sent.Get("turn"), d.o.Centre.Now()); {
	case x.open:
	case x.why != "":
		v.w.Header().Set("Retry-After", strconv.Itoa(gateEvery))
		return v.showForm("tell", p, p.Fields, &p.Fault, sent, &truce.Error{Kind: truce.Unavailable, Why: v.t.T("anonymous.line_full")})
	default:
		p.Turn, p.At = x.turn, v.local(x.at)
		v.w.Header().Set("Retry-After", strconv.FormatInt(max(1, int64(x.at-d.o.Centre.Now())), 10))
		return v.s.pages.Render(v.w, http.StatusServiceUnavailable, "tell", p)
	}
	a.Once, _, _ = d.gate.once(p.Ticket, d.o.Centre.Now())
	code, err := d.o.Centre.TakeAnonymous(v.ctx(), a)
	if err != nil {
		return v.showForm("tell", p, p.Fields, &p.Fault, sent, err)
	}
	return v.show("told", &toldPage{v.page(), inFours(code), p.Delay})
}

// toldIn reads the form. Nothing of it is in an error.
func (d *door) toldIn(v *visit, sent url.Values) (centre.Anonymous, error) {
	a := centre.Anonymous{Words: strings.TrimSpace(sent.Get("words")), Contact: sent.Get("contact"), Act: sent.Get("act"), Day: sent.Get("day"), Lang: v.t.Code}
	bad := func(field, key string) (centre.Anonymous, error) {
		return a, &truce.Error{Kind: truce.Invalid, Field: field, Why: v.t.T(key)}
	}
	switch {
	case a.Words == "":
		return bad("words", "anonymous.no_words")
	case len(a.Words)+len(a.Contact) > maxToldWords:
		return bad("words", "anonymous.too_long")
	case a.Act != "" && !slices.ContainsFunc(v.hotlineActs(), func(c Choice) bool { return c.Value == a.Act }):
		return bad("act", "anonymous.no_act")
	}
	name := strings.TrimSpace(sent.Get("place"))
	if name != "" {
		a.Words += "\n" + v.t.T("anonymous.place") + ": " + name
	}
	if chosen := sent.Get("chosen"); chosen != "" {
		found := d.o.Centre.Places(name, v.t.Code)
		if !slices.ContainsFunc(found, func(w truce.Where) bool { return string(w.Place) == chosen }) {
			return bad("place", "hotline.choose")
		}
		a.Place = truce.PlaceID(chosen)
	}
	a.Received = []byte(url.Values{"words": {a.Words}, "contact": {a.Contact}, "act": {a.Act}, "day": {a.Day}, "place": {string(a.Place)}}.Encode())
	return a, nil
}

// inFours writes a code as people read digits.
func inFours(code string) string {
	var parts []string
	for len(code) > 4 {
		parts, code = append(parts, code[:4]), code[4:]
	}
	return strings.Join(append(parts, code), " ")
}

// statePage asks for a code and says what became of its report.
type statePage struct {
	page
	Fields []Field
	State  string // see centre; or erased; empty: not asked yet
	Fault  string
}

func (v *visit) statePage() *statePage {
	return &statePage{page: v.page(), Fields: []Field{{Name: "code", Label: v.t.T("anonymous.code"), Type: "text", Required: true, Hint: v.t.T("anonymous.code_hint")}}}
}

func (d *door) askState(v *visit) error { return v.show("state", v.statePage()) }

// state looks a report up by its code, which travels in the body and never in
// an address; or erases what was told.
func (d *door) state(v *visit) error {
	sent, err := v.form()
	if err != nil {
		return err
	}
	p := v.statePage()
	if sent.Get("do") == "forget" {
		if err = d.o.Centre.ForgetAnonymous(v.ctx(), sent.Get("code")); err == nil {
			p.State = "erased"
		} else if truce.KindOf(err) == truce.Unknown {
			p.State, err = centre.AnonymousUnknown, nil
		}
	} else {
		p.State, err = d.o.Centre.AnonymousState(v.ctx(), sent.Get("code"))
	}
	if err != nil {
		return err
	}
	return v.show("state", p)
}
