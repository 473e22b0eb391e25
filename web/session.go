package web

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/marchday/marchday/truce"
)

// How often one address, account or token may try, within tryWindow.
const (
	maxTriesAddress = 30  // log-ins from one address
	maxTriesAccount = 10  // log-ins as one account
	maxTokenUse     = 900 // requests with one token
	tryWindow       = 15 * time.Minute
	maxTriers       = 20_000 // kept at once; then new ones wait
)

// errTooMany says that somebody tries too often.
var errTooMany = errors.New("too many tries: wait a quarter of an hour")

// tries counts what each key did in its window.
type tries struct {
	mu   sync.Mutex // guards seen
	seen map[string]*trier
}

type trier struct {
	n     int
	until truce.Instant
}

// take counts one try and reports whether it is within the limit.
func (t *tries) take(key string, limit int, now truce.Instant) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seen == nil {
		t.seen = map[string]*trier{}
	}
	x := t.seen[key]
	if x == nil || now >= x.until {
		if x == nil && len(t.seen) >= maxTriers {
			t.sweep(now)
			if len(t.seen) >= maxTriers {
				return false
			}
		}
		x = &trier{until: now + truce.Instant(tryWindow/time.Second)}
		t.seen[key] = x
	}
	x.n++
	return x.n <= limit
}

func (t *tries) sweep(now truce.Instant) {
	for k, x := range t.seen {
		if now >= x.until {
			delete(t.seen, k)
		}
	}
}

// byProxy reports whether a request came from this machine itself: then it is
// the proxy before us that speaks, and its headers are believed.
func byProxy(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}

// addressOf is where a request came from: the proxy's last word, else the
// connection's other end.
func addressOf(r *http.Request) string {
	if all := r.Header.Values("X-Forwarded-For"); len(all) > 0 && byProxy(r) {
		last := all[len(all)-1]
		if i := strings.LastIndexByte(last, ','); i >= 0 {
			last = last[i+1:]
		}
		if ip := net.ParseIP(strings.TrimSpace(last)); ip != nil {
			return ip.String()
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// overTLS reports whether the visitor's connection is encrypted.
func overTLS(r *http.Request) bool {
	return r.TLS != nil || byProxy(r) && r.Header.Get("X-Forwarded-Proto") == "https"
}

// sessionName is the cookie's; the prefix binds it to this host and to TLS.
func sessionName(r *http.Request) string {
	if overTLS(r) {
		return "__Host-session"
	}
	return "session"
}

func sessionCookie(r *http.Request, secret string, life time.Duration) *http.Cookie {
	c := &http.Cookie{Name: sessionName(r), Value: secret, Path: "/", MaxAge: int(life / time.Second), HttpOnly: true, Secure: overTLS(r), SameSite: http.SameSiteStrictMode}
	if life <= 0 {
		c.MaxAge = -1
	}
	return c
}

// who finds out who asks: the office that a demonstration's visitor chose, the
// account of a session, or of a token under /api. The zero Account is the
// public.
func (s *site) who(r *http.Request, mode truce.Mode) (Account, error) {
	if s.o.Demo != nil {
		if mode == truce.Demo {
			return Account{Name: "web", Office: truce.OfficeID(cookie(r, "office")), May: MaySay}, nil
		}
		return Account{}, nil
	}
	if s.o.Accounts == nil {
		return Account{}, nil
	}
	if secret, given := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); given && strings.HasPrefix(r.URL.Path, "/api/") {
		if s.ofMirror(secret) {
			return Account{}, nil // a mirror is nobody's account
		}
		x, ok, err := s.o.Accounts.Bearer(r.Context(), secret)
		switch {
		case err != nil:
			return x, err
		case !ok:
			return x, &truce.Error{Kind: truce.Forbidden, Why: "this token is not good here: it ended, or its account did"}
		case !s.tries.take("token "+string(digestOf(secret)), maxTokenUse, s.o.Centre.Now()):
			return x, errTooMany
		}
		return x, nil
	}
	secret := cookie(r, sessionName(r))
	if secret == "" {
		return Account{}, nil
	}
	x, _, err := s.o.Accounts.Session(r.Context(), secret)
	return x, err
}

// loginPage asks for name and password.
type loginPage struct {
	page
	Fields []Field
	Back   string
}

func (s *site) loginForm(v *visit) error { return v.showLogin(http.StatusOK, "", "", v.q.Get("back")) }

func (v *visit) showLogin(status int, name, fault, back string) error {
	p := loginPage{page: v.page(), Back: local(back)}
	p.Fields = []Field{
		{Name: "name", Label: v.t.T("login.name"), Value: name, Required: true},
		{Name: "password", Label: v.t.T("login.password"), Type: "password", Required: true, Fault: fault},
	}
	return v.s.pages.Render(v.w, status, "login", &p)
}

// login begins a session.
func (s *site) login(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	if s.o.Accounts == nil {
		return &truce.Error{Kind: truce.Unknown, Why: v.t.T("login.none")}
	}
	name, now := form.Get("name"), s.o.Centre.Now()
	if !s.tries.take("from "+addressOf(v.r), maxTriesAddress, now) || !s.tries.take("as "+string(digestOf(name)), maxTriesAccount, now) {
		return errTooMany
	}
	secret, err := s.o.Accounts.Login(v.ctx(), name, form.Get("password"))
	if errors.Is(err, errWrong) {
		return v.showLogin(http.StatusForbidden, name, v.t.T("login.wrong"), form.Get("back"))
	}
	if err != nil {
		return err
	}
	http.SetCookie(v.w, sessionCookie(v.r, secret, maxSession))
	return v.see(local(form.Get("back")))
}

// logout ends the session, here and in the browser.
func (s *site) logout(v *visit) error {
	if secret := cookie(v.r, sessionName(v.r)); secret != "" && s.o.Accounts != nil {
		if err := s.o.Accounts.Logout(v.ctx(), secret); err != nil {
			return err
		}
	}
	http.SetCookie(v.w, sessionCookie(v.r, "", 0))
	return v.see("/")
}
