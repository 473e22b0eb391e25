package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// everyOffice are the public, "", and the offices of a house.
func everyOffice(t *testing.T, h *testHouse) []truce.Office {
	t.Helper()
	house, err := h.centre.View(truce.Viewer{}).House(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return append([]truce.Office{{}}, house.Offices...)
}

// TestReadingByOfficeKindRelationAndRoute takes one statement of each kind,
// marking and relation to each reader (its own, another's, of no office it
// knows), and asks for it by page, proof, envelope, API and export.
func TestReadingByOfficeKindRelationAndRoute(t *testing.T) {
	h := readHouse(t)
	all := marked(t, h)
	asked, closed, own := 0, 0, 0
	for _, o := range everyOffice(t, h) {
		viewer := truce.Viewer{Office: o.ID, Role: o.Role, Party: o.Party}
		listed := rowsSeen(t, h, string(o.ID))
		done := map[string]bool{}
		for n := range h.centre.Record().Size() {
			s := all[n]
			mine := s.Office == o.ID
			sort := fmt.Sprint(s.Kind, s.Marking, mine)
			if done[sort] {
				continue
			}
			done[sort] = true
			sees := truce.SeesOf(viewer, s.Marking, s.Office)
			want := pick(sees, http.StatusOK, http.StatusNotFound)
			for _, route := range []string{"/record/%d", "/record/%d/envelope", "/api/statements/%d"} {
				asked++
				if got := h.get(t, string(o.ID), fmt.Sprintf(route, n)).Code; got != want {
					t.Errorf("%q, %s of %s (%s): "+route+" gives %d, want %d", o.ID, s.Kind, s.Office, s.Marking, n, got, want)
				}
			}
			if slices.Contains(listed, n) != sees {
				t.Errorf("%q, %s of %s (%s): in the export %v, want %v", o.ID, s.Kind, s.Office, s.Marking, !sees, sees)
			}
			closed += pick(sees, 0, 1)
			own += pick(mine && !truce.Sees(viewer, s.Marking), 1, 0)
		}
	}
	if asked < 300 || closed < 20 || own == 0 {
		t.Errorf("%d asked, %d closed to their reader, %d read only as one's own: the test shows too little", asked, closed, own)
	}
}

// TestWritingByOfficeKindAndRoute has every office say every kind through the
// API: whose role may not is refused for that, and for nothing else; and an
// office takes back its own statements, and no other's.
func TestWritingByOfficeKindAndRoute(t *testing.T) {
	h := ownHouse(t)
	refused := 0
	for _, info := range truce.Kinds() {
		b, err := os.ReadFile(filepath.Join("..", "truce", "testdata", "corpus", fmt.Sprintf("%s.v%d.json", info.Kind, info.Version)))
		if err != nil {
			t.Fatal(err)
		}
		var sample struct{ Kind, Body json.RawMessage }
		if err := json.Unmarshal(b, &sample); err != nil {
			t.Fatal(err)
		}
		for _, o := range everyOffice(t, h) {
			before := h.centre.Record().Size()
			w := h.submit(t, string(o.ID), fmt.Sprintf(`{"kind":%s,"body":%s}`, sample.Kind, sample.Body))
			var p problem
			_ = json.Unmarshal(w.Body.Bytes(), &p)
			byRole := w.Code == 403 && len(p.Errors) > 0 && p.Errors[0].Pointer == "/kind"
			may := o.ID != "" && (len(info.Who) == 0 || slices.Contains(info.Who, o.Role))
			if o.ID == "" && w.Code != 403 {
				t.Errorf("the public says %s: %d", info.Kind, w.Code)
			}
			if o.ID != "" && info.Kind != "founding" && byRole == may {
				t.Errorf("%s (%s) says %s: %d %s, may %v", o.ID, o.Role, info.Kind, w.Code, p.Detail, may)
			}
			if w.Code >= 300 && h.centre.Record().Size() != before {
				t.Errorf("%s says %s, is refused, and it stands in the record", o.ID, info.Kind)
			}
			refused += pick(w.Code == 403, 1, 0)
		}
	}
	if refused < 100 {
		t.Errorf("%d refusals: the test shows too little", refused)
	}
	size := h.centre.Record().Size()
	if w := h.post(t, "desk", "/intake/article", url.Values{"text": {"Nothing happened."}, "publisher": {"Example"}, "channel": {"letter"}, "marking": {"amber"}, "do": {"file"}}); w.Code != http.StatusSeeOther {
		t.Fatal(w.Code)
	}
	address := "/record/" + strconv.FormatInt(size, 10) + "/withdraw"
	for _, o := range everyOffice(t, h) {
		if o.ID == "desk" {
			continue
		}
		if w := h.post(t, string(o.ID), address, url.Values{"why": {"x"}}); w.Code < 400 {
			t.Errorf("%q takes back a statement of another office: %d", o.ID, w.Code)
		}
	}
	if w := h.post(t, "desk", address, url.Values{"why": {"an error"}}); w.Code != http.StatusSeeOther {
		t.Errorf("an office does not take back its own: %d %s", w.Code, faultOf(w.Body.String()))
	}
}

// submit sends a statement's kind and body to the API as an office.
func (h *testHouse) submit(t *testing.T, office, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/statements", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if office != "" {
		r.AddCookie(&http.Cookie{Name: "office", Value: office})
	}
	w := httptest.NewRecorder()
	h.site.ServeHTTP(w, r)
	return w
}

// TestALiaisonNeverSeesASourceOrAnotherPartysFile reads every page, answer and
// export that lists anything, as each liaison, for the words of what is closed
// to it: who reported in confidence, and what another party was asked or wrote.
func TestALiaisonNeverSeesASourceOrAnotherPartysFile(t *testing.T) {
	h := readHouse(t)
	var secrets, asked []picture.Statement
	for _, s := range marked(t, h) {
		switch s.Kind {
		case "information-request", "reply", "notice":
			asked = append(asked, s)
		case "report", "exhibit", "observation":
			if s.Marking.Level() == truce.Amber {
				secrets = append(secrets, s)
			}
		}
	}
	if len(asked) < 4 {
		t.Fatalf("%d requests, replies and notices: the test shows too little", len(asked))
	}
	for _, o := range everyOffice(t, h) {
		if o.Role != truce.Liaison && o.ID != "" {
			continue
		}
		viewer := truce.Viewer{Office: o.ID, Role: o.Role, Party: o.Party}
		var read strings.Builder
		for _, address := range []string{"/", "/desk", "/docket", "/docket/4", "/docket/6", "/docket/13", "/docket/funnel", "/exhibits", "/intake", "/record", "/record?f=csv&table=statements", "/api/statements", "/api/cases", "/api/changes", "/incidents", "/desk?f=csv&table=notices"} {
			read.WriteString(h.get(t, string(o.ID), address).Body.String())
		}
		for _, s := range append(secrets, asked...) {
			if truce.SeesOf(viewer, s.Marking, s.Office) {
				continue
			}
			body, err := s.Body()
			if err != nil {
				t.Fatal(err)
			}
			for _, words := range closedWords(body) {
				if strings.Contains(read.String(), words) {
					t.Errorf("%q reads %q of statement %d", o.ID, words, s.Index)
				}
			}
		}
	}
}

// closedWords are the words of a statement that only its readers may know.
func closedWords(body truce.Body) []string {
	const invented = "Invented for illustration: no such finding exists in the sources. "
	var all []string
	for _, words := range func() []string {
		switch b := body.(type) {
		case *truce.InformationRequest:
			return append(b.Asks, b.Alleged)
		case *truce.Reply:
			return []string{b.Text}
		case *truce.Notice:
			return []string{b.Subject, b.Text}
		case *truce.Report:
			return []string{b.Title, b.Text}
		}
		return nil
	}() {
		if words = strings.TrimPrefix(words, invented); len(words) > 24 {
			all = append(all, words)
		}
	}
	return all
}

// TestBundlesBlobsAndTheDigestAreForWhoCopiesTheRecord asks, as each office and
// as each bearer, for what holds every entry whatever its marking: the
// co-chairs, the mediator, the centre and mirrors by token get it, and nobody
// else. The tiles of hashes and the heads are for everybody.
func TestBundlesBlobsAndTheDigestAreForWhoCopiesTheRecord(t *testing.T) {
	h := readHouse(t)
	const token = "a mirror of the south"
	closings, err := h.centre.View(truce.Viewer{}).Statements(t.Context(), picture.StatementFilter{Kinds: []truce.Kind{"bulletin"}, Limit: 1})
	if err != nil || len(closings) != 1 {
		t.Fatal(closings, err)
	}
	body, err := closings[0].Body()
	if err != nil {
		t.Fatal(err)
	}
	name := body.(*truce.Bulletin).Editions[0].Digest.String()
	size := h.centre.Record().Size()
	entries := "/tile/entries/000"
	if size < 256 {
		entries = fmt.Sprintf("/tile/entries/000.p/%d", size)
	}
	closed := []string{entries, "/blobs/kept/" + name[:2] + "/" + name, "/api/digest"}
	open := []string{"/checkpoint", "/tile/0/000" + strings.TrimPrefix(entries, "/tile/entries/000"), "/api/heads"}
	get := func(site http.Handler, address, office, bearer string) int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if office != "" {
			r.AddCookie(&http.Cookie{Name: "office", Value: office})
		}
		if bearer != "" {
			r.Header.Set("Authorization", bearer)
		}
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		return w.Code
	}
	roles := map[truce.Role]bool{}
	for _, o := range everyOffice(t, h) {
		roles[o.Role] = true
		copies := slices.Contains([]truce.Role{truce.CoChair, truce.Mediator, truce.Centre}, o.Role)
		for _, address := range closed {
			if got, want := get(h.site, address, string(o.ID), ""), pick(copies, http.StatusOK, http.StatusForbidden); got != want {
				t.Errorf("%q (%s) fetches %s: %d, want %d", o.ID, o.Role, address, got, want)
			}
		}
		for _, address := range open {
			if got := get(h.site, address, string(o.ID), ""); got != http.StatusOK {
				t.Errorf("%q (%s) fetches %s: %d", o.ID, o.Role, address, got)
			}
		}
	}
	if len(roles) < 5 {
		t.Errorf("the roles %v: the test shows too little", roles)
	}
	accounts := testAccounts(t, h.clock.now)
	for name, o := range map[string]Options{
		"with accounts":    {Centre: h.centre, Accounts: accounts, Mirrors: []truce.Digest{truce.DigestOf([]byte("another")), truce.DigestOf([]byte(token))}},
		"without accounts": {Centre: h.centre, Mirrors: []truce.Digest{truce.DigestOf([]byte(token))}},
	} {
		site, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		for bearer, may := range map[string]bool{"Bearer " + token: true, "Bearer " + token + " ": false, "Bearer ": false, token: false, "Basic " + token: false, "Bearer " + truce.DigestOf([]byte(token)).String(): false, "": false} {
			for _, address := range closed {
				if got := get(site, address, "us", bearer); (got == http.StatusOK) != may || !may && got != http.StatusForbidden && got != http.StatusUnauthorized {
					t.Errorf("%s, as %q, %s: %d, may %v", name, bearer, address, got, may)
				}
			}
		}
	}
}
