package web

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/marchday/marchday/bulletin"
	"github.com/marchday/marchday/centre"
	"github.com/marchday/marchday/dossiers"
	"github.com/marchday/marchday/extract"
	"github.com/marchday/marchday/gazetteer"
	"github.com/marchday/marchday/intake"
	"github.com/marchday/marchday/link"
	"github.com/marchday/marchday/truce"
	"github.com/marchday/marchday/vault"
)

// A house is a centre into which the founding dossier was played, and its
// pages. The clock stands where the demonstration's does.
type testHouse struct {
	centre *centre.Centre
	vault  *vault.Vault
	site   http.Handler
	clock  *testClock
	mode   truce.Mode // empty: a demonstration
}

type testClock struct {
	mu sync.Mutex // guards at
	at truce.Instant
}

func (c *testClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at.Time()
}

func (c *testClock) set(at truce.Instant) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = max(c.at, at)
}

const testOrigin = "test.marchday.example/syria-2016"

func testKey(word string) truce.Key {
	seed := truce.DigestOf([]byte("marchday web test key " + word))
	return truce.Key(ed25519.NewKeyFromSeed(seed[:]))
}

// shared is one house for all tests that only read.
var shared = sync.OnceValues(func() (*testHouse, error) {
	dir, err := os.MkdirTemp("", "marchday-web-")
	if err != nil {
		return nil, err
	}
	return playDossier(context.Background(), dir, "2016-05-05T18:00:00+03:00")
})

func readHouse(t *testing.T) *testHouse {
	t.Helper()
	h, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// ownHouse is a house for a test that says something.
func ownHouse(t *testing.T) *testHouse {
	t.Helper()
	h, err := playDossier(t.Context(), t.TempDir(), "2016-03-02T18:00:00+02:00")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(h.centre.Close(), h.vault.Close()) })
	return h
}

func playDossier(ctx context.Context, dir, until string) (*testHouse, error) {
	return playHouse(ctx, &testHouse{clock: &testClock{}}, dir, until)
}

func playHouse(ctx context.Context, h *testHouse, dir, until string) (*testHouse, error) {
	folder, err := fs.Sub(dossiers.FS, "syria-2016")
	if err != nil {
		return nil, err
	}
	var end truce.Instant
	if err := end.UnmarshalText([]byte(until)); err != nil {
		return nil, err
	}
	p := testPlayer{said: map[string]truce.StatementID{}, index: map[string]int64{}, events: map[string][]truce.ClaimRef{}}
	for line, err := range intake.Dossier(folder) {
		if err != nil {
			return nil, err
		}
		if line.Received > end {
			break
		}
		h.clock.set(line.Received)
		if h.centre == nil {
			if err := h.found(ctx, dir, folder, line); err != nil {
				return nil, err
			}
			p.centre = h.centre
			continue
		}
		if err := p.say(ctx, line); err != nil {
			return nil, err
		}
	}
	h.clock.set(end)
	if err := h.closeDays(ctx, end); err != nil {
		return nil, err
	}
	if _, err := h.centre.Record().Publish(ctx); err != nil {
		return nil, err
	}
	base, err := fs.ReadFile(folder, "map/base.geojson")
	if err != nil {
		return nil, err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	h.site, err = New(Options{Centre: h.centre, Map: base, Log: log, Render: renderDay, Demo: &DemoHooks{MoveTo: func(_ context.Context, to truce.Instant) error {
		if to < truce.At(h.clock.now()) {
			return &truce.Error{Kind: truce.Invalid, Field: "now", Why: "the clock goes forward only"}
		}
		h.clock.set(to)
		return nil
	}}})
	return h, err
}

// closeDays closes the last two days that ended.
func (h *testHouse) closeDays(ctx context.Context, end truce.Instant) error {
	house, err := h.centre.View(truce.Viewer{}).House(ctx)
	if err != nil {
		return err
	}
	for _, at := range []truce.Instant{end - truce.Day, end} {
		if _, err := h.centre.CloseDay(ctx, house.Procedure.Zone.DayOf(at), renderDay); err != nil {
			return err
		}
	}
	return nil
}

// renderDay makes the editions of a day.
func renderDay(ctx context.Context, d centre.Day) ([]centre.Edition, error) {
	made, err := bulletin.Editions(ctx, bulletin.Input{View: d.View, Day: d.Day, From: d.From, To: d.To, Origin: d.Origin, Size: d.Size, Root: d.Root})
	var out []centre.Edition
	for _, e := range made {
		out = append(out, centre.Edition{Format: e.Format, Lang: e.Lang, Bytes: e.Bytes})
	}
	return out, err
}

// found opens the centre with the dossier's founding and keys of its own.
const testQuota = 700 // intake statements per office and day

func (h *testHouse) found(ctx context.Context, dir string, folder fs.FS, line intake.Line) error {
	body, err := line.Resolve(nil)
	if err != nil {
		return err
	}
	f := body.(*truce.Founding)
	f.Mode = pick(h.mode == "", truce.Demo, h.mode)
	f.Procedure.QuotaPerDay = testQuota
	desks := map[truce.OfficeID]truce.Signer{}
	var roots []truce.Signer
	for _, o := range f.Offices {
		for _, class := range []truce.KeyClass{truce.RootKey, truce.OfficeKey} {
			if class == truce.RootKey && o.Role != truce.CoChair && o.Role != truce.Centre {
				continue
			}
			k := testKey(string(o.ID) + " " + string(class))
			f.Keys = append(f.Keys, truce.KeyAct{Act: truce.Grant, Office: o.ID, Class: class, Public: k.Public().(ed25519.PublicKey), FromSeed: true})
			if class == truce.RootKey {
				roots = append(roots, k)
			} else {
				desks[o.ID] = k
			}
		}
	}
	places, err := gazetteer.Load(gazetteer.World(), folder)
	if err != nil {
		return err
	}
	eng, err := extract.New(extract.Options{Gazetteer: places, Zone: f.Procedure.Zone})
	if err != nil {
		return err
	}
	if h.vault, err = testVault(ctx, filepath.Join(dir, "vault"), h.clock); err != nil {
		return err
	}
	h.centre, err = centre.Open(ctx, centre.Options{
		Vault: h.vault, Origin: testOrigin, Dir: dir, Now: h.clock.now, LogKey: ed25519.PrivateKey(testKey("log")), Desks: desks, Sequencer: true,
		Extract: eng, Gazetteer: places, Model: link.DefaultModel(), Regime: truce.RegimeID(line.Name),
	})
	if err != nil {
		return err
	}
	e, err := truce.Seal(truce.NewStatement(testOrigin, truce.RegimeID(line.Name), line.Office, line.Desk, line.MadeAt, f), roots...)
	if err != nil {
		return err
	}
	if _, err := h.centre.Submit(ctx, e.Bytes()); err != nil {
		return err
	}
	return h.centre.CatchUp(ctx)
}

// testVault is a vault that one person may open.
func testVault(ctx context.Context, dir string, clock *testClock) (*vault.Vault, error) {
	v, err := vault.Open(ctx, dir, vault.Options{Now: clock.now})
	if err != nil {
		return nil, err
	}
	_, recipient, err := vault.NewIdentity()
	if err != nil {
		return nil, err
	}
	return v, v.SetRecipients(vault.Recipients{Each: []vault.Recipient{{Name: "amal", Key: recipient}}})
}

// testPlayer says the lines of a dossier.
type testPlayer struct {
	centre *centre.Centre
	said   map[string]truce.StatementID
	index  map[string]int64
	events map[string][]truce.ClaimRef
}

func (p *testPlayer) say(ctx context.Context, line intake.Line) error {
	body, err := line.Resolve(p.lookup)
	if err != nil {
		return err
	}
	r, err := p.centre.SayOnce(ctx, truce.DigestOf([]byte(line.Name)), line.Office, line.Desk, line.MadeAt, body)
	if err != nil {
		return fmt.Errorf("%s:%d: %w", line.File, line.Row, err)
	}
	p.said[line.Name], p.index[line.Name] = r.ID, r.Index
	p.events[line.Name] = centre.ClaimRefs(r.ID, body)
	return p.centre.CatchUp(ctx)
}

func (p *testPlayer) lookup(ref string) (string, error) {
	name, asIndex := strings.CutPrefix(ref, "index:")
	name, asCase := strings.CutPrefix(name, "case:")
	name, pos, claim := strings.Cut(name, "#")
	id, ok := p.said[name]
	switch {
	case !ok:
		return "", errors.New("not said before: " + ref)
	case asIndex:
		return strconv.FormatInt(p.index[name], 10), nil
	case !claim:
		return id.String(), nil
	}
	n, err := strconv.Atoi(pos)
	if err != nil || n >= len(p.events[name]) {
		return "", errors.New("no such claim: " + ref)
	}
	if !asCase {
		return p.events[name][n].String(), nil
	}
	c, ok := p.centre.CaseOf(p.events[name][n])
	if !ok {
		return "", errors.New("no case: " + ref)
	}
	return c.String(), nil
}

// get asks for a page as an office; "" is the public.
func (h *testHouse) get(t *testing.T, office, address string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	r.Header.Set("Accept-Language", "en")
	if office != "" {
		r.AddCookie(&http.Cookie{Name: "office", Value: office})
	}
	w := httptest.NewRecorder()
	h.site.ServeHTTP(w, r)
	return w
}

// post sends a form as a browser without scripts does.
func (h *testHouse) post(t *testing.T, office, address string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if office != "" {
		r.AddCookie(&http.Cookie{Name: "office", Value: office})
	}
	w := httptest.NewRecorder()
	h.site.ServeHTTP(w, r)
	return w
}
