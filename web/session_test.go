package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/marchday/marchday/truce"
)

const testPassword = "correct horse battery"

// realHouse is a house as serve has it: accounts instead of a choice of office.
func realHouse(t *testing.T) (*testHouse, *Accounts) {
	t.Helper()
	h := ownHouse(t)
	a := testAccounts(t, h.clock.now)
	site, err := New(Options{Centre: h.centre, Accounts: a})
	if err != nil {
		t.Fatal(err)
	}
	h.site = site
	return h, a
}

func testAccounts(t *testing.T, now func() time.Time) *Accounts {
	t.Helper()
	a, err := OpenAccounts(t.Context(), t.TempDir(), now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

// ask sends a request with a cookie or a token.
func (h *testHouse) ask(t *testing.T, method, address, body string, set func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if strings.HasPrefix(address, "/api/") {
		r.Header.Set("Content-Type", "application/json")
	} else {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if set != nil {
		set(r)
	}
	w := httptest.NewRecorder()
	h.site.ServeHTTP(w, r)
	return w
}

func (h *testHouse) logIn(t *testing.T, name, password string) (*http.Cookie, *httptest.ResponseRecorder) {
	t.Helper()
	w := h.ask(t, http.MethodPost, "/login", url.Values{"name": {name}, "password": {password}, "back": {"/docket"}}.Encode(), nil)
	for _, c := range w.Result().Cookies() {
		if strings.HasSuffix(c.Name, "session") && c.Value != "" {
			return c, w
		}
	}
	return nil, w
}

func TestALogInBeginsASessionAndALogOutEndsIt(t *testing.T) {
	h, a := realHouse(t)
	if err := a.Add(t.Context(), "amal", "us", testPassword); err != nil {
		t.Fatal(err)
	}
	c, w := h.logIn(t, "amal", testPassword)
	if c == nil || w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/docket" {
		t.Fatalf("log in: %d %s, cookie %v", w.Code, w.Header().Get("Location"), c)
	}
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" {
		t.Errorf("the cookie is %v: want HttpOnly, SameSite=Strict, Path=/", c)
	}
	with := func(r *http.Request) { r.AddCookie(c) }
	if body := h.ask(t, http.MethodGet, "/?lang=en", "", with).Body.String(); !strings.Contains(body, "amal") || !strings.Contains(body, "Log out") {
		t.Error("the page does not say who is logged in")
	}
	stolen := h.ask(t, http.MethodPost, "/logout", "", func(r *http.Request) { with(r); r.Header.Set("Sec-Fetch-Site", "cross-site") })
	if stolen.Code != http.StatusForbidden {
		t.Errorf("a form of another site: status %d, want 403", stolen.Code)
	}
	h.ask(t, http.MethodPost, "/logout", "", with)
	if body := h.ask(t, http.MethodGet, "/?lang=en", "", with).Body.String(); strings.Contains(body, "amal") {
		t.Error("the session's cookie is good after the log-out")
	}
}

func TestTheCookieIsSecureOverTLS(t *testing.T) {
	h, a := realHouse(t)
	if err := a.Add(t.Context(), "amal", "us", testPassword); err != nil {
		t.Fatal(err)
	}
	form := url.Values{"name": {"amal"}, "password": {testPassword}}.Encode()
	for name, c := range map[string]struct {
		from, proto string
		secure      bool
	}{
		"the proxy on this machine says https": {"127.0.0.1:4000", "https", true},
		"a stranger says https":                {"192.0.2.1:4000", "https", false},
		"plain":                                {"127.0.0.1:4000", "", false},
	} {
		w := h.ask(t, http.MethodPost, "/login", form, func(r *http.Request) {
			r.RemoteAddr = c.from
			r.Header.Set("X-Forwarded-Proto", c.proto)
		})
		for _, k := range w.Result().Cookies() {
			if k.Secure != c.secure || strings.HasPrefix(k.Name, "__Host-") != c.secure {
				t.Errorf("%s: cookie %v, want secure %v", name, k, c.secure)
			}
		}
	}
}

func TestWrongPasswordsAreRefusedAlikeAndSlowedDown(t *testing.T) {
	h, a := realHouse(t)
	ctx := t.Context()
	for _, name := range []string{"amal", "gone"} {
		if err := a.Add(ctx, name, "us", testPassword); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Disable(ctx, "gone"); err != nil {
		t.Fatal(err)
	}
	for _, try := range [][2]string{{"amal", "wrong"}, {"nobody", testPassword}, {"gone", testPassword}, {"amal", strings.Repeat("x", 1000)}} {
		c, w := h.logIn(t, try[0], try[1])
		if c != nil || w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "Name or password is wrong.") {
			t.Errorf("%s: status %d, cookie %v", try[0], w.Code, c)
		}
	}
	var last int
	for range maxTriesAccount {
		_, w := h.logIn(t, "amal", "wrong")
		last = w.Code
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("after %d tries: status %d, want 429", maxTriesAccount+2, last)
	}
	if c, w := h.logIn(t, "amal", testPassword); c != nil || w.Header().Get("Retry-After") == "" {
		t.Error("the right password is taken while the account waits, or nobody is told how long")
	}
	h.clock.set(h.centre.Now() + truce.Instant(tryWindow/time.Second))
	if c, _ := h.logIn(t, "amal", testPassword); c == nil {
		t.Error("the account still waits after its time")
	}
}

func TestTriesAreCountedPerKeyAndBounded(t *testing.T) {
	var x tries
	for i := range 3 {
		if got := x.take("a", 2, 100); got != (i < 2) {
			t.Errorf("try %d of 2: %v", i+1, got)
		}
	}
	if !x.take("b", 2, 100) {
		t.Error("another key is counted apart")
	}
	for i := range maxTriers {
		x.take("k"+string(rune(i+1000)), 1, 100)
	}
	if x.take("new", 1, 100) || len(x.seen) > maxTriers {
		t.Errorf("%d keys are kept, the limit is %d", len(x.seen), maxTriers)
	}
	if !x.take("new", 1, 100+truce.Instant(tryWindow/time.Second)) {
		t.Error("the window never ends")
	}
}

func TestWhatIsFiledNamesTheAccountAndWhatBindsIsRefused(t *testing.T) {
	h, a := realHouse(t)
	ctx := t.Context()
	if err := a.Add(ctx, "amal", "us", testPassword); err != nil {
		t.Fatal(err)
	}
	token := func(may May) func(*http.Request) {
		secret, err := a.Token(ctx, "amal", "test", may, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+secret) }
	}
	report := `{"kind":"watch","body":{"area":{"places":[{"place":"SY-HL"}]},"when":{"from":"2016-03-01T06:00:00Z","to":"2016-03-01T18:00:00Z"},"channel":"camera"}}`
	say := token(MaySay)
	w := h.ask(t, http.MethodPost, "/api/statements", report, say)
	var r receipt
	if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil || w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	s, err := h.centre.View(truce.Viewer{Office: "us", Role: truce.CoChair}).Statement(ctx, r.Index)
	if err != nil || s.Desk != "amal" || s.Office != "us" {
		t.Errorf("statement %d is of %s at %s (%v), want us at amal", r.Index, s.Office, s.Desk, err)
	}
	for name, c := range map[string]struct {
		set  func(*http.Request)
		body string
	}{
		"a token that reads":           {token(MayRead), report},
		"nobody":                       {nil, report},
		"a token that was never given": {func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+tokenPrefix+"x") }, report},
		"a binding kind":               {say, `{"kind":"dissent","body":{"from":"` + s.ID.String() + `","text":[{"lang":"en","text":"no"}]}}`},
	} {
		if w := h.ask(t, http.MethodPost, "/api/statements", c.body, c.set); w.Code != http.StatusForbidden {
			t.Errorf("%s: status %d, want 403: %s", name, w.Code, w.Body)
		}
	}
}

func TestASessionEndsWithItsAccountAndItsTime(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	a := testAccounts(t, func() time.Time { return now })
	ctx := t.Context()
	begin := func(name string) string {
		t.Helper()
		if err := a.Add(ctx, name, "us", testPassword); err != nil {
			t.Fatal(err)
		}
		secret, err := a.Login(ctx, name, testPassword)
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}
	good := func(secret string) bool {
		_, ok, err := a.Session(ctx, secret)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	one, two, three := begin("one"), begin("two"), begin("three")
	if !good(one) || !good(two) || !good(three) || good("") {
		t.Error("a session is good from its log-in, and the empty secret never")
	}
	if err := a.Disable(ctx, "one"); err != nil {
		t.Fatal(err)
	}
	if err := a.SetPassword(ctx, "two", "another password"); err != nil {
		t.Fatal(err)
	}
	if good(one) || good(two) {
		t.Error("a session outlives its account or its password")
	}
	now = now.Add(maxSession)
	if good(three) {
		t.Error("a session outlives its time")
	}
	for range maxSessions + 3 {
		now = now.Add(time.Second)
		if _, err := a.Login(ctx, "three", testPassword); err != nil {
			t.Fatal(err)
		}
	}
	var n int
	if err := a.db.QueryRowContext(ctx, "SELECT count(*) FROM session").Scan(&n); err != nil || n != maxSessions {
		t.Errorf("%d sessions (%v), want the newest %d", n, err, maxSessions)
	}
}

func TestWeakPasswordsAndStrangeNamesAreRefused(t *testing.T) {
	a := testAccounts(t, time.Now)
	for _, c := range []struct{ name, password string }{
		{"amal", "short"}, {"amal", strings.Repeat("x", maxPassword+1)}, {"", testPassword}, {"a b", testPassword}, {"-a", testPassword}, {strings.Repeat("a", 65), testPassword},
	} {
		if err := a.Add(t.Context(), c.name, "us", c.password); truce.KindOf(err) != truce.Invalid {
			t.Errorf("%q with %d characters: %v, want invalid", c.name, len(c.password), err)
		}
	}
	if err := a.Add(t.Context(), "أمل", "us", testPassword); err != nil {
		t.Error("a name in Arabic letters:", err)
	}
	if err := a.Add(t.Context(), "أمل", "us", testPassword); truce.KindOf(err) != truce.Conflict {
		t.Errorf("the same name again: %v, want conflict", err)
	}
}

func TestTheFileKeepsNoSecret(t *testing.T) {
	dir := t.TempDir()
	a, err := OpenAccounts(t.Context(), dir, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	if err := a.Add(ctx, "amal", "us", testPassword); err != nil {
		t.Fatal(err)
	}
	session, err := a.Login(ctx, "amal", testPassword)
	if err != nil {
		t.Fatal(err)
	}
	token, err := a.Token(ctx, "amal", "", MayRead, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: mode %v (%v), want nobody but the owner", d.Name(), info.Mode(), err)
		}
		b, err := os.ReadFile(name)
		for _, secret := range []string{testPassword, session, token, strings.TrimPrefix(token, tokenPrefix)} {
			if strings.Contains(string(b), secret) {
				t.Errorf("%s holds a secret in clear", d.Name())
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestADemonstrationHasNoLogIn(t *testing.T) {
	h := readHouse(t)
	w := h.get(t, "us", "/login?lang=en")
	if body := w.Body.String(); w.Code != http.StatusOK || strings.Contains(body, `name="password"`) || !strings.Contains(body, "there are no accounts") {
		t.Errorf("status %d: %s", w.Code, body)
	}
}
