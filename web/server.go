// Package web is the door of the house: pages, the HTTP API and the record's
// public files. It computes no opinion: it submits a statement, reads the
// picture through View, or asks the centre for a preview, which appends
// nothing.
//
// What an attacker with this process can do is what its visitors can do, and
// show them false pages, and sign what a desk may sign as the accounts that log
// in. Nothing here holds an office's key: what binds an office is signed
// elsewhere.
package web

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/marchday/marchday/centre"
	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
)

// The limits of a request.
const (
	maxForm    = 512 << 10 // bytes of a form: 40,000 bytes of text, percent-encoded, and the fields beside it
	maxRequest = 30 * time.Second
	maxExport  = 10 * time.Minute
)

// Options of the pages. Centre must be given.
type Options struct {
	Centre *centre.Centre
	// Map is the GeoJSON that maps are drawn on, see NewBase. Without it pages
	// have tables only.
	Map []byte
	// Accounts are who may log in; nil lets everybody read what is public, and
	// nobody log in.
	Accounts *Accounts
	// Demo is set in a demonstration only: whoever reaches the address then acts
	// as any office.
	Demo *DemoHooks
	// Reader is the office that every visitor reads as, on a capital's own mirror
	// that nobody else reaches. Empty: as the public.
	Reader truce.OfficeID
	// Notes are the private notes of the office that Reader names, on its own
	// mirror. Nil: none are kept here.
	Notes *Notes
	// Mirrors are the digests of the tokens of those mirrors that may fetch all
	// entries, whatever their markings.
	Mirrors []truce.Digest
	// Render makes the editions of a day, for an erratum to a bulletin. Nil: none
	// is published from here.
	Render centre.Render
	// Log takes routes, states and times, never what was asked or said. Nil
	// discards.
	Log *slog.Logger
}

// DemoHooks are what a demonstration lets its visitor do beside acting as an
// office.
type DemoHooks struct {
	// MoveTo plays the dossier on to a time and sets the clock to it. It refuses
	// a time before the clock's: what was said stays said.
	MoveTo func(ctx context.Context, to truce.Instant) error
}

// site is the pages of one centre.
type site struct {
	o     Options
	pages *Pages
	base  *Base // nil: no maps
	memo  memo
	tries tries
}

// New returns the handler of everything that a centre serves.
func New(o Options) (http.Handler, error) {
	if o.Centre == nil {
		return nil, errors.New("web: a centre must be given")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	catalogue, err := Load(sub("catalogue"))
	if err != nil {
		return nil, err
	}
	assets, err := NewAssets(sub("static"), sub("dist"))
	if err != nil {
		return nil, err
	}
	pages, err := NewPages(sub("templates"), catalogue, assets)
	if err != nil {
		return nil, err
	}
	s := &site{o: o, pages: pages}
	if o.Map != nil {
		if s.base, err = NewBase(o.Map); err != nil {
			return nil, err
		}
	}
	return s.wrap(s.routes(assets)), nil
}

func sub(folder string) fs.FS {
	f, err := fs.Sub(files, folder)
	if err != nil {
		panic("an embedded folder: " + err.Error())
	}
	return f
}

// wrap puts round all routes what holds for each: the policy, the limits, no
// form from elsewhere, one line in the log.
func (s *site) wrap(routes http.Handler) http.Handler {
	own := http.NewCrossOriginProtection()
	own.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, &truce.Error{Kind: truce.Forbidden, Why: "this was sent from another site: open the page here and send it again"})
	}))
	guarded := own.Handler(routes)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), pick(r.URL.Query().Get("f") == "csv", maxExport, maxRequest))
		defer cancel()
		r = r.WithContext(ctx)
		limit := int64(maxForm)
		if r.URL.Path == "/exhibits" {
			limit += maxExhibit
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		secure(w.Header())
		a := &answer{ResponseWriter: w, known: r.Header.Get("If-None-Match")}
		begun := s.o.Centre.Now()
		defer func() {
			if p := recover(); p == http.ErrAbortHandler { //nolint:errorlint // a panic's value, compared as net/http does
				panic(p)
			} else if p != nil {
				s.o.Log.ErrorContext(ctx, "a page failed", "route", r.Pattern, "panic", p, "stack", string(debug.Stack()))
				if a.status == 0 {
					s.fail(a, r, errors.New("internal"))
				}
			}
			s.o.Log.InfoContext(ctx, "served", "method", r.Method, "route", r.Pattern, "status", a.status, "bytes", a.bytes, "at", begun.String())
		}()
		guarded.ServeHTTP(a, r)
	})
}

// answer notes status and size, and leaves out a body that the reader has.
type answer struct {
	http.ResponseWriter
	known  string // ETags that the reader has
	status int
	bytes  int64
	silent bool
}

func (a *answer) WriteHeader(status int) {
	if tag := a.Header().Get("ETag"); status == http.StatusOK && tag != "" && strings.Contains(a.known, tag) {
		status, a.silent = http.StatusNotModified, true
		a.Header().Del("Content-Length")
	}
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	if a.silent {
		return len(b), nil
	}
	n, err := a.ResponseWriter.Write(b)
	a.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// statusOf is the one table from kinds of refusal to HTTP.
func statusOf(err error) (int, truce.ErrorKind) {
	var big *http.MaxBytesError
	switch kind := truce.KindOf(err); {
	case kind == truce.Invalid:
		return http.StatusUnprocessableEntity, kind
	case kind == truce.Forbidden:
		return http.StatusForbidden, kind
	case kind == truce.Unknown, errors.Is(err, record.ErrNotFound):
		return http.StatusNotFound, truce.Unknown
	case kind == truce.Conflict:
		return http.StatusConflict, kind
	case kind == truce.Unavailable, errors.Is(err, record.ErrBusy), errors.Is(err, record.ErrUnknown), errors.Is(err, record.ErrClosed),
		errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable, truce.Unavailable
	case errors.Is(err, errTooMany):
		return http.StatusTooManyRequests, "too-many"
	case errors.As(err, &big):
		return http.StatusRequestEntityTooLarge, "too-large"
	}
	return http.StatusInternalServerError, "internal"
}

// problem is an error as RFC 9457 has it.
type problem struct {
	Type   string       `json:"type"`
	Title  string       `json:"title"`
	Status int          `json:"status"`
	Detail string       `json:"detail,omitempty"`
	Errors []fieldFault `json:"errors,omitempty"`
}

type fieldFault struct {
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
}

// problemOf says what a reader may know of an error: a domain error whole, of
// a foreign one only its kind.
func problemOf(t *Tongue, err error) problem {
	status, kind := statusOf(err)
	p := problem{Type: "/problems/" + string(kind), Title: t.T("problem." + string(kind)), Status: status}
	var e *truce.Error
	if errors.As(err, &e) {
		p.Detail = e.Why
		if e.Field != "" {
			p.Errors = []fieldFault{{"/" + strings.ReplaceAll(e.Field, ".", "/"), e.Why}}
		}
	}
	return p
}

// fail answers with an error: a page, or problem JSON under /api.
func (s *site) fail(w http.ResponseWriter, r *http.Request, err error) {
	f := s.pages.Frame(r, "")
	p := problemOf(s.pages.catalogue.In(f.Lang), err)
	if p.Status == http.StatusInternalServerError {
		s.o.Log.ErrorContext(r.Context(), "a request failed", "method", r.Method, "route", r.Pattern, "error", err)
	}
	switch p.Status {
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "5")
	case http.StatusTooManyRequests:
		w.Header().Set("Retry-After", strconv.Itoa(int(tryWindow/time.Second)))
	}
	if strings.HasPrefix(r.URL.Path, "/api/") {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(p.Status)
		_ = json.NewEncoder(w).Encode(p) // the reader went away
		return
	}
	page := errorPage{Frame: f, Problem: p}
	if v, verr := s.visit(w, r, ""); verr == nil {
		page.Frame = v.frame
		page.Frame.Section = ""
	}
	if rerr := s.pages.Render(w, p.Status, "error", page); rerr != nil {
		http.Error(w, p.Title, p.Status)
	}
}

type errorPage struct {
	Frame
	Problem problem
}
