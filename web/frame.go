package web

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/marchday/marchday/truce"
)

// maxPageBytes bounds a rendered page, so a runaway list fails instead of
// filling memory.
const maxPageBytes = 16 << 20

// policy is what a browser may load for a page: our own files, nothing inline.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; " +
	"worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// A Frame is what every page has around its main part. A page's data embeds
// it, so that the layout finds it: type todayPage struct { Frame; ... }.
type Frame struct {
	// Lang and Theme are the reader's choice; Theme is "", "light" or "dark".
	Lang, Theme string
	// URL is the address asked for, without the choices of language and theme.
	URL *url.URL
	// Centre is the centre's own name; empty shows the product's.
	Centre string
	// Exercise marks every page of an exercise origin.
	Exercise bool
	// Unlike are the engines that are run here and differ from those that the
	// record names.
	Unlike []truce.Unlike
	// TLP is how far what the page shows may be passed on, at its head and foot.
	TLP truce.Label
	// Demo is the bar of the demonstration, nil in a real centre.
	Demo *Demo
	// Logins says that one can log in here; Account and Office are who did.
	Logins          bool
	Account, Office string
	// Section is the entry of the navigation that this page belongs to.
	Section string
	// Crumbs lead from the section's list to this page; the last is this page.
	Crumbs []Link
	// Index, At and Root say which state of the record the page shows; they
	// stand in its foot. A zero At leaves the foot without them.
	Index uint64
	At    time.Time
	Root  string
}

// Demo is what the visitor of a demonstration chose: whose desk, and the hour.
type Demo struct {
	// Now is the demonstration's clock, in the regime's zone.
	Now time.Time
	// Acting is the office the visitor acts as; empty is a reader of the public.
	Acting string
	// Offices are those the visitor may act as: the id as value, the name.
	Offices []Choice
}

// A Choice is one option of a list in a form.
type Choice struct{ Value, Label string }

// A Link is a text that leads somewhere; without Href it is only a text.
type Link struct{ Label, Href string }

// sections are the entries of the navigation and their addresses, in order.
// The names are in the catalogue, under "nav.".
func sections() []Link {
	return []Link{
		{"today", "/"},
		{"incidents", "/incidents"},
		{"intake", "/intake"},
		{"docket", "/docket"},
		{"regime", "/regime"},
		{"talks", "/talks"},
		{"territory", "/territory"},
		{"access", "/access"},
		{"bulletins", "/bulletins"},
		{"record", "/record"},
		{"offices", "/offices"},
	}
}

// goKey is the letter that leads to a section after g: its first one, or the
// first that no earlier section has.
func goKey(section string) string {
	taken := map[rune]bool{}
	for _, s := range sections() {
		for _, letter := range s.Label {
			if taken[letter] {
				continue
			}
			taken[letter] = true
			if s.Label == section {
				return string(letter)
			}
			break
		}
	}
	return ""
}

// Frame makes a frame for a request: it reads the reader's choice of language
// (?lang=, else the cookie, else what the browser asks for) and of theme.
func (p *Pages) Frame(r *http.Request, section string) Frame {
	query := r.URL.Query()
	f := Frame{Lang: p.chooseLang(r, query.Get("lang")), Section: section}
	if theme := cookie(r, "theme"); theme == "light" || theme == "dark" {
		f.Theme = theme
	}
	query.Del("lang")
	f.URL = &url.URL{Path: r.URL.Path, RawQuery: query.Encode()}
	return f
}

func (p *Pages) chooseLang(r *http.Request, asked string) string {
	for _, code := range []string{asked, cookie(r, "lang")} {
		if code != "" && p.catalogue.Has(code) {
			return code
		}
	}
	wanted, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return "en"
	}
	for _, tag := range wanted {
		if base, _ := tag.Base(); p.catalogue.Has(base.String()) {
			return base.String()
		}
	}
	return "en"
}

func cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// With is the address of this page with one parameter set, or removed when the
// value is empty: {{.With "page" "2"}}.
func (f Frame) With(name, value string) string {
	query := f.URL.Query()
	query.Set(name, value)
	if value == "" {
		query.Del(name)
	}
	return (&url.URL{Path: f.URL.Path, RawQuery: query.Encode()}).String()
}

// Here is the address of this page.
func (f Frame) Here() string { return f.URL.String() }

func (f Frame) frame() Frame { return f }

// Pages renders templates in the reader's language.
type Pages struct {
	catalogue *Catalogue
	assets    *Assets
	sets      map[string]map[string]*template.Template // language, page
	bare      bool                                     // of the anonymous door: no script, nothing kept by the browser
}

// NewPages parses every page of the folder in every language: layout.html,
// parts/*.html, and one file per page, which defines "title" and "main". The
// functions that a template may call are listed in functions.
func NewPages(folder fs.FS, c *Catalogue, a *Assets) (*Pages, error) {
	p := &Pages{catalogue: c, assets: a, sets: map[string]map[string]*template.Template{}}
	pages, err := fs.Glob(folder, "*.html")
	if err != nil {
		return nil, err
	}
	for _, code := range append(c.Codes(), Pseudo) {
		frame, err := template.New("layout.html").Funcs(p.functions(c.In(code))).ParseFS(folder, "layout.html", "parts/*.html")
		if err != nil {
			return nil, fmt.Errorf("parse the frame of the pages: %w", err)
		}
		p.sets[code] = map[string]*template.Template{}
		for _, file := range pages {
			if file == "layout.html" {
				continue
			}
			page, err := frame.Clone()
			if err == nil {
				page, err = page.ParseFS(folder, file)
			}
			if err != nil {
				return nil, fmt.Errorf("parse page %s: %w", file, err)
			}
			p.sets[code][strings.TrimSuffix(path.Base(file), ".html")] = page
		}
	}
	return p, nil
}

// Render writes a page. Its data embeds a Frame. A page that cannot be
// rendered is an error before the first byte is sent, so the caller can still
// answer with an error page.
func (p *Pages) Render(w http.ResponseWriter, status int, page string, data interface{ frame() Frame }) error {
	f := data.frame()
	set := p.sets[f.Lang]
	if set == nil || set[page] == nil {
		return fmt.Errorf("page %q in language %q is not in the program", page, f.Lang)
	}
	b := &bounded{}
	if err := set[page].ExecuteTemplate(b, "layout", data); err != nil {
		return fmt.Errorf("render page %s: %w", page, err)
	}
	secure(w.Header())
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", f.Lang)
	h.Set("Vary", "Cookie, Accept-Language")
	h.Set("Cache-Control", "no-cache")
	switch {
	case p.bare:
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", bare)
		h.Set("Referrer-Policy", "no-referrer")
	case status == http.StatusOK:
		h.Set("ETag", etag(b.Bytes()))
	}
	w.WriteHeader(status)
	_, err := w.Write(b.Bytes())
	return err
}

// bounded is a buffer that refuses to pass maxPageBytes.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxPageBytes {
		return 0, fmt.Errorf("page over %d bytes: show fewer rows", maxPageBytes)
	}
	return b.Buffer.Write(p)
}

func secure(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
}

// Choose remembers a reader's choice and returns to where the reader was:
// POST with name "lang" or "theme". It sets a cookie and changes nothing else.
func (p *Pages) Choose(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form cannot be read: "+err.Error(), http.StatusBadRequest)
		return
	}
	if lang := r.PostForm.Get("lang"); lang != "" && p.catalogue.Has(lang) {
		http.SetCookie(w, preference("lang", lang))
	}
	if theme := r.PostForm.Get("theme"); slices.Contains([]string{"light", "dark", "auto"}, theme) {
		http.SetCookie(w, preference("theme", theme))
	}
	http.Redirect(w, r, local(r.PostForm.Get("back")), http.StatusSeeOther)
}

func preference(name, value string) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// local returns an address of this site, or the first page: a form's word must
// never lead a reader elsewhere.
func local(back string) string {
	u, err := url.Parse(back)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(back, "//") || strings.Contains(back, `\`) {
		return "/"
	}
	return u.String()
}

// functions are what templates may call besides those of html/template.
func (p *Pages) functions(t *Tongue) template.FuncMap {
	return template.FuncMap{
		"T":         t.T,                                                                     // T "key" "name" value: text
		"TH":        t.TH,                                                                    // the same with names isolated in <bdi>
		"num":       func(n any) string { v, _ := whole(n); return t.Number(v) },             // 1,234
		"date":      t.Date,                                                                  // 5 May 2016
		"weekday":   t.Weekday,                                                               // Thursday
		"clock":     t.Clock,                                                                 // 19:30 EEST (16:30 UTC)
		"day":       func(at time.Time) string { return at.Format(time.DateOnly) },           // 2016-05-05, in tables
		"iso":       func(at time.Time) string { return at.UTC().Format(time.RFC3339) },      // for datetime attributes
		"span":      t.Span,                                                                  // 3 h 20 min
		"list":      t.List,                                                                  // A, B and C
		"dir":       func() string { return t.Dir },                                          // ltr, rtl
		"lang":      func() string { return t.Code },                                         // en
		"own":       func(code string) string { return p.catalogue.In(code).Own },            // English
		"languages": p.catalogue.Codes,                                                       // en, ar
		"goKey":     goKey,                                                                   // the letter after g that leads to a section
		"sections":  sections,                                                                // the navigation
		"built":     p.assets.Has,                                                            // whether an island is in the program
		"dict":      dict,                                                                    // dict "name" value: several values for a part
		"stage":     stage,                                                                   // the sign of a case state
		"faulty":    faulty,                                                                  // the fields with a fault
		"until":     func(to, now time.Time) time.Duration { return to.Sub(now) },            // for clocks
		"past":      func(to, now time.Time) bool { return !to.IsZero() && !now.Before(to) }, // whether a clock ran out
	}
}

// dict makes one value of several, for a part that needs more than its dot.
func dict(args ...any) (map[string]any, error) {
	if len(args)%2 != 0 {
		return nil, errors.New("dict wants pairs of name and value")
	}
	return pairs(args), nil
}
