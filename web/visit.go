package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/marchday/marchday/centre"
	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// A visit is one request: who reads, in which language, and the picture as
// that reader may see it.
type visit struct {
	s     *site
	r     *http.Request
	w     http.ResponseWriter
	q     url.Values
	t     *Tongue
	who   Account      // by whom; zero: the public
	me    truce.Office // whom the visitor acts as; zero: a reader of the public
	view  *picture.View
	house picture.House
	words *wordbook
	frame Frame
	seen  map[truce.StatementID]Link
}

// visit opens the picture for a request.
func (s *site) visit(w http.ResponseWriter, r *http.Request, section string) (*visit, error) {
	v := &visit{s: s, r: r, w: w, q: r.URL.Query(), frame: s.pages.Frame(r, section), seen: map[truce.StatementID]Link{}}
	v.t = s.pages.catalogue.In(v.frame.Lang)
	var err error
	if v.house, err = s.o.Centre.View(truce.Viewer{}).House(r.Context()); err != nil {
		return nil, err
	}
	if v.who, err = s.who(r, v.house.Mode); err != nil {
		return nil, err
	}
	v.me, _ = v.house.Office(v.who.Office)
	reader := v.me
	if s.o.Reader != "" {
		reader, _ = v.house.Office(s.o.Reader)
	}
	v.view = s.o.Centre.View(truce.Viewer{Office: reader.ID, Role: reader.Role, Party: reader.Party})
	v.tlp(v.view.Level().TLP())
	at, err := v.view.Position(r.Context())
	if err != nil {
		return nil, err
	}
	if v.words, err = s.memo.wordbook(r.Context(), s.o.Centre, at.Size); err != nil {
		return nil, err
	}
	v.frame.Centre = truce.NameIn(v.house.Name, v.t.Code, "")
	v.frame.Exercise, v.frame.Unlike = v.house.Mode == truce.Exercise, v.house.Method.Unlike(s.o.Centre.Method())
	v.frame.Index, v.frame.Root, v.frame.At = uint64(max(at.Size-1, 0)), at.Root.String(), v.local(v.words.last)
	v.frame.Demo = v.demoBar()
	v.frame.Logins = s.o.Accounts != nil && s.o.Demo == nil
	if v.frame.Logins && v.me.ID != "" {
		v.frame.Account, v.frame.Office = v.who.Name, v.officeName(v.me.ID)
	}
	return v, nil
}

// tlp says, on a page and in the head of every answer, how far it may be
// passed on and whether any of it happened. A reader's pages carry the level
// that the reader reads; a file that is the same for all carries its own.
func (v *visit) tlp(l truce.Label) {
	v.frame.TLP = l
	v.w.Header().Set("Tlp-Label", string(l))
	if v.house.Mode != truce.Real {
		v.w.Header().Set("Origin-Mode", string(v.house.Mode))
	}
}

// demoBar is the bar of a demonstration, nil elsewhere.
func (v *visit) demoBar() *Demo {
	if v.s.o.Demo == nil {
		return nil
	}
	d := &Demo{Now: v.local(v.view.Now()), Acting: string(v.me.ID)}
	for _, o := range v.house.Offices {
		d.Offices = append(d.Offices, Choice{string(o.ID), v.officeName(o.ID)})
	}
	return d
}

// ctx is the request's context.
func (v *visit) ctx() context.Context { return v.r.Context() }

// page makes a handler of a page: what it returns is shown as an error page.
func (s *site) page(section string, h func(*visit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := s.visit(w, r, section)
		if err == nil {
			err = h(v)
		}
		if err != nil {
			s.fail(w, r, err)
		}
	}
}

// api makes a handler of an answer in JSON.
func (s *site) api(h func(*visit) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := s.visit(w, r, "")
		var body any
		if err == nil {
			body, err = h(v)
		}
		if err != nil {
			s.fail(w, r, err)
			return
		}
		sendJSON(w, "application/json", body)
	}
}

// sendJSON writes a value with the digest of its bytes as ETag.
func sendJSON(w http.ResponseWriter, kind string, body any) {
	b, err := json.Marshal(body)
	if err != nil {
		panic("an answer is always JSON: " + err.Error())
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("ETag", etag(b))
	w.Header().Set("Vary", "Cookie")
	_, _ = w.Write(append(b, '\n')) // the reader went away
}

func etag(b []byte) string { return `"` + truce.DigestOf(b).Short() + `"` }

// show renders a page, or one of its tables as CSV where ?f=csv asks for it.
func (v *visit) show(name string, data interface {
	frame() Frame
	csvTables() []*Table
}) error {
	if v.q.Get("f") == "csv" {
		return v.sendCSV(name, data.csvTables())
	}
	return v.s.pages.Render(v.w, http.StatusOK, name, data)
}

// page starts a page of the section that the visit is in.
func (v *visit) page(crumbs ...Link) page {
	f := v.frame
	f.Crumbs = crumbs
	return page{Frame: f}
}

// form reads the form that was sent.
func (v *visit) form() (url.Values, error) {
	if err := v.r.ParseForm(); err != nil {
		return nil, err
	}
	return v.r.PostForm, nil
}

// see leads the visitor elsewhere on this site after a form.
func (v *visit) see(where string) error {
	http.Redirect(v.w, v.r, where, http.StatusSeeOther)
	return nil
}

// local is a time as the regime's clocks show it.
func (v *visit) local(i truce.Instant) time.Time {
	if i == 0 {
		return time.Time{}
	}
	return v.house.Procedure.Zone.Local(i)
}

// number reads a whole number of the address or the path; 0 if it is not there.
func number(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0, &truce.Error{Kind: truce.Invalid, Why: strconv.Quote(s) + " is no whole number"}
	}
	return n, nil
}

// memo keeps what depends on the size of the record alone.
type memo struct {
	mu   sync.Mutex // guards book and told
	book *wordbook
	told map[string][]truce.Cell // by the day that goes on and the smallest cell; at most one
}

// toldOn keeps what was told on the days before one, which does not change any
// more: it is counted once a day, however many ask.
func (m *memo) toldOn(key string, settled bool, count func() ([]truce.Cell, error)) ([]truce.Cell, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if cells, ok := m.told[key]; ok {
		return cells, nil
	}
	cells, err := count()
	if err == nil && settled {
		m.told = map[string][]truce.Cell{key: cells}
	}
	return cells, err
}

// wordbook is what the record calls things: names for ids. It is made once per
// size of the record and never changes.
type wordbook struct {
	size   int64
	last   truce.Instant // receipt time of the last entry
	actors map[truce.ActorID]truce.Actor
	rounds map[string][]truce.Text
	spans  map[truce.SpanID]*truce.TruceSpan
}

// maxWords bounds the statements that names are read from.
const maxWords = 20_000

func (m *memo) wordbook(ctx context.Context, c *centre.Centre, size int64) (*wordbook, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.book != nil && m.book.size == size {
		return m.book, nil
	}
	b := &wordbook{size: size, actors: map[truce.ActorID]truce.Actor{}, rounds: map[string][]truce.Text{}, spans: map[truce.SpanID]*truce.TruceSpan{}}
	all, err := c.View(truce.Viewer{}).Statements(ctx, picture.StatementFilter{Kinds: []truce.Kind{"actor", "round", "span"}, Standing: true, Oldest: true, Limit: maxWords})
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		body, err := s.Body()
		if err != nil {
			return nil, err
		}
		switch x := body.(type) {
		case *truce.Actor:
			b.actors[x.ID] = *x
		case *truce.Round:
			b.rounds[x.ID] = x.Name
		case *truce.TruceSpan:
			b.spans[x.ID] = x
		}
	}
	for e, err := range c.Record().Entries(ctx, max(size-1, 0)) {
		if err != nil {
			return nil, err
		}
		b.last = truce.Instant(e.RecvAt / 1000)
		break
	}
	m.book = b
	return b, nil
}
