package web

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// A device is an authenticator in software: what a phone or a key does.
type device struct {
	key    *ecdsa.PrivateKey
	rp     string
	origin string
}

func newDevice(t *testing.T) *device {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &device{k, "truce.example.org", "https://truce.example.org"}
}

func (d *device) spki(t *testing.T) string {
	t.Helper()
	b, err := x509.MarshalPKIXPublicKey(&d.key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b)
}

// sign makes the assertion that a browser would hand over for a payload.
func (d *device) sign(t *testing.T, payload string) url.Values {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(payload)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(truce.PAE(raw))
	client, err := json.Marshal(map[string]any{"type": "webauthn.get", "challenge": base64.RawURLEncoding.EncodeToString(digest[:]), "origin": d.origin})
	if err != nil {
		t.Fatal(err)
	}
	rp := sha256.Sum256([]byte(d.rp))
	auth := append(rp[:], 5, 0, 0, 0, 0)
	clientHash := sha256.Sum256(client)
	signed := sha256.Sum256(append(append([]byte{}, auth...), clientHash[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, d.key, signed[:])
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.StdEncoding.EncodeToString
	return url.Values{"payload": {payload}, "auth": {b64(auth)}, "client": {b64(client)}, "signature": {b64(sig)}}
}

var payloadField = regexp.MustCompile(`name="payload" value="([^"]+)"`)

// atName is the site as reached by the name that the passkeys are for.
func atName(h *testHouse) { site := h.site; h.site = named{site} }

type named struct{ http.Handler }

func (n named) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Host = "truce.example.org"
	n.Handler.ServeHTTP(w, r)
}

func TestAPasskeySignsWhatBindsTheOffice(t *testing.T) {
	h := ownHouse(t)
	atName(h)
	d := newDevice(t)
	enrol := url.Values{"public": {d.spki(t)}, "rp_id": {d.rp}, "origin": {d.origin}, "person": {"Amal"}}
	for name, change := range map[string]url.Values{
		"without a key":         {"public": {""}},
		"for another site":      {"origin": {"https://elsewhere.example"}},
		"for a name not its":    {"rp_id": {"example.com"}},
		"with bytes for a key":  {"public": {"AAAA"}},
		"for a part of a label": {"rp_id": {"ce.example.org"}},
	} {
		form := url.Values{}
		for k, v := range enrol {
			form[k] = v
		}
		for k, v := range change {
			form[k] = v
		}
		if w := h.post(t, "us", "/passkeys", form); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("a passkey %s: status %d, want 422", name, w.Code)
		}
	}
	if w := h.post(t, "gov-liaison", "/passkeys", enrol); w.Code != http.StatusForbidden {
		t.Errorf("a liaison enrols: status %d, want 403", w.Code)
	}
	if w := h.post(t, "us", "/passkeys", enrol); w.Code != http.StatusSeeOther {
		t.Fatalf("enrolment: status %d: %s", w.Code, w.Body)
	}
	if body := h.get(t, "us", "/passkeys").Body.String(); !strings.Contains(body, "Amal") {
		t.Error("the page does not list the passkey")
	}
	payload := h.prepared(t, "us", `{"id":"observers","name":[{"lang":"en","text":"Observers"}],"sort":"monitor-group"}`)
	good := d.sign(t, payload)
	stranger := newDevice(t)
	elsewhere := *d
	elsewhere.origin = "https://elsewhere.example"
	other := h.prepared(t, "us", `{"id":"others","name":[{"lang":"en","text":"Others"}],"sort":"monitor-group"}`)
	swapped := d.sign(t, payload)
	swapped.Set("payload", other)
	short := url.Values{"payload": {payload}, "auth": {""}}
	for name, c := range map[string]struct {
		office string
		form   url.Values
		status int
	}{
		"a passkey that is not enrolled": {"us", stranger.sign(t, payload), http.StatusForbidden},
		"a page that is not enrolled":    {"us", elsewhere.sign(t, payload), http.StatusForbidden},
		"a signature over other words":   {"us", swapped, http.StatusForbidden},
		"no signature":                   {"us", short, http.StatusUnprocessableEntity},
		"another office's words":         {"ru", good, http.StatusForbidden},
		"the public":                     {"", good, http.StatusForbidden},
	} {
		if w := h.post(t, c.office, "/sign/passkey", c.form); w.Code != c.status {
			t.Errorf("%s: status %d, want %d", name, w.Code, c.status)
		}
	}
	w := h.post(t, "us", "/sign/passkey", good)
	if w.Code != http.StatusSeeOther {
		t.Fatalf("the passkey's signature: status %d: %s", w.Code, w.Body)
	}
	all, err := h.centre.View(truce.Viewer{}).Statements(t.Context(), picture.StatementFilter{Kinds: []truce.Kind{"actor"}, Limit: 1})
	if err != nil || len(all) != 1 || all[0].Name != "observers" || all[0].Refused != "" {
		t.Errorf("the newest actor is %+v (%v), want observers", all, err)
	}
}

// prepared heads a body and returns the payload of the page that shows it.
func (h *testHouse) prepared(t *testing.T, office, body string) string {
	t.Helper()
	w := h.post(t, office, "/sign", url.Values{"kind": {"actor"}, "body": {body}})
	m := payloadField.FindStringSubmatch(w.Body.String())
	if w.Code != http.StatusOK || m == nil {
		t.Fatalf("prepare: status %d: %s", w.Code, w.Body)
	}
	return strings.ReplaceAll(m[1], "&#43;", "+")
}

func TestWhatIsDownloadedSignedAndHandedInIsTaken(t *testing.T) {
	h := ownHouse(t)
	payload := h.prepared(t, "us", `{"id":"observers","name":[{"lang":"en","text":"Observers"}],"sort":"monitor-group"}`)
	w := h.post(t, "us", "/sign/body", url.Values{"payload": {payload}})
	if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Content-Disposition"), "body.json") {
		t.Fatalf("download: status %d, %v", w.Code, w.Header())
	}
	var body truce.Actor
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatal(err)
	}
	house, err := h.centre.View(truce.Viewer{}).House(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	e, err := truce.Seal(truce.NewStatement(testOrigin, house.Regime, "us", "", h.centre.Now(), &body), testKey("us office"))
	if err != nil {
		t.Fatal(err)
	}
	forged := strings.Replace(string(e.Bytes()), `"sig":"`, `"sig":"AAAA`, 1)
	if w := h.post(t, "", "/sign/envelope", url.Values{"envelope": {forged}}); w.Code != http.StatusForbidden {
		t.Errorf("a forged envelope: status %d, want 403", w.Code)
	}
	if w := h.post(t, "", "/sign/envelope", url.Values{"envelope": {string(e.Bytes()) + "\n"}}); w.Code != http.StatusSeeOther {
		t.Errorf("the envelope: status %d: %s", w.Code, w.Body)
	}
}

func TestOutsideTheDemoWhatBindsIsPreparedAndNotSaid(t *testing.T) {
	h, a := realHouse(t)
	if err := a.Add(t.Context(), "amal", "us", testPassword); err != nil {
		t.Fatal(err)
	}
	c, _ := h.logIn(t, "amal", testPassword)
	d := newDevice(t)
	atName(h)
	before := h.centre.Record().Size()
	form := url.Values{"public": {d.spki(t)}, "rp_id": {d.rp}, "origin": {d.origin}, "person": {"Amal"}}
	w := h.ask(t, http.MethodPost, "/passkeys", form.Encode(), func(r *http.Request) { r.AddCookie(c) })
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "marchday sign --key") || payloadField.FindString(w.Body.String()) == "" {
		t.Errorf("enrolment: status %d, want the page that says how to sign: %s", w.Code, w.Body)
	}
	if h.centre.Record().Size() != before {
		t.Error("a key was granted without the office's key")
	}
}

// TestADeputysPasskeyEndsByItself enrols a passkey with an end and has it sign
// before the end and after.
func TestADeputysPasskeyEndsByItself(t *testing.T) {
	h := ownHouse(t)
	atName(h)
	d, zone := newDevice(t), mustZone(t, h)
	wall := func(at truce.Instant) string {
		offset, _ := zone.Offset(at)
		return at.Time().Add(time.Duration(offset) * time.Second).Format("2006-01-02T15:04")
	}
	end := h.centre.Now() + truce.Day
	end -= end % 60
	enrol := url.Values{"public": {d.spki(t)}, "rp_id": {d.rp}, "origin": {d.origin}, "person": {"Amal"}, "until": {wall(end - 2*truce.Day)}}
	for name, until := range map[string]string{"in the past": wall(end - 2*truce.Day), "that is no time": "tomorrow"} {
		enrol.Set("until", until)
		if w := h.post(t, "us", "/passkeys", enrol); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("an end %s: status %d, want 422", name, w.Code)
		}
	}
	enrol.Set("until", wall(end))
	if w := h.post(t, "us", "/passkeys", enrol); w.Code != http.StatusSeeOther {
		t.Fatalf("enrolment: status %d: %s", w.Code, w.Body)
	}
	shown := strings.Replace(wall(end), "T", " ", 1)
	for _, page := range []string{"/offices", "/passkeys"} {
		w := h.get(t, "us", page)
		strict(t, page, w.Body.String())
		if !strings.Contains(w.Body.String(), shown) {
			t.Errorf("%s does not show that the key is good until %s", page, shown)
		}
	}
	actor := func(id string) url.Values {
		return d.sign(t, h.prepared(t, "us", `{"id":"`+id+`","name":[{"lang":"en","text":"Observers"}],"sort":"monitor-group"}`))
	}
	if w := h.post(t, "us", "/sign/passkey", actor("before")); w.Code != http.StatusSeeOther {
		t.Errorf("before its end: status %d: %s", w.Code, faultOf(w.Body.String()))
	}
	late := actor("after")
	h.clock.set(end)
	if w := h.post(t, "us", "/sign/passkey", late); w.Code != http.StatusForbidden {
		t.Errorf("made before its end and received at it: status %d, want 403", w.Code)
	}
	if strings.Contains(h.get(t, "us", "/passkeys").Body.String(), "Amal") {
		t.Error("a passkey past its end is listed among the good ones")
	}
}
