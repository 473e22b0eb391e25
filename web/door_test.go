package web

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/marchday/marchday/bulletin"
	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// marked returns every statement with its marking, as the mediator sees them.
func marked(t *testing.T, h *testHouse) map[int64]picture.Statement {
	t.Helper()
	all, err := h.centre.View(truce.Viewer{Office: "un", Role: truce.Mediator}).Statements(t.Context(), picture.StatementFilter{Limit: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	out := map[int64]picture.Statement{}
	for _, s := range all {
		out[s.Index] = s
	}
	if int64(len(out)) != h.centre.Record().Size() {
		t.Fatalf("the mediator sees %d of %d statements", len(out), h.centre.Record().Size())
	}
	return out
}

func viewerOf(t *testing.T, h *testHouse, office string) truce.Viewer {
	t.Helper()
	house, err := h.centre.View(truce.Viewer{}).House(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	o, ok := house.Office(truce.OfficeID(office))
	if office != "" && !ok {
		t.Fatalf("no office %q", office)
	}
	return truce.Viewer{Office: o.ID, Role: o.Role, Party: o.Party}
}

var recordLink = regexp.MustCompile(`/(?:record|intake)/(\d+)`)

// TestEveryRouteShowsWhatThePolicyAllows asks for each statement by every
// route, and for the lists, as every office and as the public.
func TestEveryRouteShowsWhatThePolicyAllows(t *testing.T) {
	h := readHouse(t)
	all := marked(t, h)
	house, err := h.centre.View(truce.Viewer{}).House(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	offices := []string{""}
	for _, o := range house.Offices {
		offices = append(offices, string(o.ID))
	}
	for _, office := range offices {
		t.Run("as "+office, func(t *testing.T) {
			viewer := viewerOf(t, h, office)
			var want []int64
			for n := range h.centre.Record().Size() {
				if truce.SeesOf(viewer, all[n].Marking, all[n].Office) {
					want = append(want, n)
				}
			}
			if got := changesSeen(t, h, office); !slices.Equal(got, want) {
				t.Errorf("/api/changes shows %d statements, the policy allows %d", len(got), len(want))
			}
			if got := rowsSeen(t, h, office); !slices.Equal(got, want) {
				t.Errorf("the record's CSV shows %d statements, the policy allows %d", len(got), len(want))
			}
			for n := range h.centre.Record().Size() {
				wanted := pick(slices.Contains(want, n), http.StatusOK, http.StatusNotFound)
				for _, route := range []string{"/record/%d", "/record/%d/envelope", "/record/%d/proof", "/api/statements/%d"} {
					if n%3 != 0 || n%13 != 0 && route != "/record/%d" {
						continue // a sample; the lists above hold all
					}
					if got := h.get(t, office, fmt.Sprintf(route, n)).Code; got != wanted {
						t.Errorf(route+": %d, want %d (marking %s)", n, got, wanted, all[n].Marking)
					}
				}
			}
			for _, address := range []string{"/", "/?day=2016-04-28", "/docket", "/docket/4", "/docket/13", "/exhibits", "/talks", "/access", "/regime", "/intake"} {
				for _, m := range recordLink.FindAllStringSubmatch(h.get(t, office, address).Body.String(), -1) {
					if n, _ := strconv.ParseInt(m[1], 10, 64); !slices.Contains(want, n) {
						t.Errorf("%s leads to statement %d, which this reader may not read", address, n)
					}
				}
			}
		})
	}
}

func changesSeen(t *testing.T, h *testHouse, office string) []int64 {
	t.Helper()
	var seen []int64
	for after := ""; ; {
		var page struct {
			Next string
			Rows []struct{ Index int64 }
		}
		w := h.get(t, office, "/api/changes?after="+after)
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
			t.Fatal(w.Code, err)
		}
		for _, r := range page.Rows {
			seen = append(seen, r.Index)
		}
		if after = page.Next; after == "" {
			return seen
		}
	}
}

func rowsSeen(t *testing.T, h *testHouse, office string) []int64 {
	t.Helper()
	rows, err := csv.NewReader(h.get(t, office, "/record?f=csv&table=statements").Body).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var seen []int64
	for _, r := range rows[1:] {
		n, err := strconv.ParseInt(r[0], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, n)
	}
	slices.Sort(seen)
	return seen
}

// TestALiaisonReadsWhatItsPartyIsAccusedOfAndNeverByWhom holds the promise
// that makes a source speak.
func TestALiaisonReadsWhatItsPartyIsAccusedOfAndNeverByWhom(t *testing.T) {
	h := readHouse(t)
	page := h.get(t, "gov-liaison", "/docket").Body.String()
	if !strings.Contains(page, "A hospital in Sukkari") {
		t.Error("the liaison does not see what its party is accused of")
	}
	other := h.get(t, "hnc-liaison", "/docket").Body.String()
	if strings.Contains(other, "A hospital in Sukkari") {
		t.Error("another party's liaison sees the request")
	}
	for office, want := range map[string]bool{"gov-liaison": false, "hnc-liaison": false, "": false, "un": true} {
		got := strings.Contains(h.get(t, office, "/docket/13").Body.String(), "repeats this")
		if got != want {
			t.Errorf("as %q the reply on an open case is shown: %v, want %v", office, got, want)
		}
	}
}

func TestProblems(t *testing.T) {
	h := readHouse(t)
	for _, c := range []struct {
		name, address, kind string
		status              int
	}{
		{"no such incident", "/api/incidents/S99999@0", "unknown", 404},
		{"no incident's name", "/api/incidents/nothing", "invalid", 422},
		{"no such address", "/api/nothing", "unknown", 404},
		{"no number", "/api/statements?before=x", "invalid", 422},
		{"no day", "/api/incidents?from=yesterday", "invalid", 422},
		{"no box", "/api/incidents?bbox=1,2,3", "invalid", 422},
		{"too many words", "/api/incidents?q=" + strings.Repeat("a+", 40), "invalid", 422},
		{"no cursor", "/api/incidents?after=x", "invalid", 422},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := h.get(t, "", c.address)
			var p problem
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
				t.Fatal(err)
			}
			if w.Code != c.status || p.Status != c.status || p.Type != "/problems/"+c.kind || p.Detail == "" || w.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%d %s %+v, want %d %s", w.Code, w.Header().Get("Content-Type"), p, c.status, c.kind)
			}
			page := h.get(t, "", strings.NewReplacer("/api/statements", "/record", "/api", "").Replace(c.address))
			if c.name != "no such address" && (page.Code != c.status || !strings.Contains(page.Body.String(), "<h1")) {
				t.Errorf("the page answers %d", page.Code)
			}
		})
	}
}

func TestBodiesOverTheLimitAreRefused(t *testing.T) {
	h := readHouse(t)
	for address, n := range map[string]int{"/intake/article": maxForm + 1, "/api/statements": truce.MaxEnvelope + 1, "/api/reports": truce.MaxBody + 1, "/demo/act": maxForm + 1} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, address, bytes.NewReader(bytes.Repeat([]byte("a"), n)))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.site.ServeHTTP(w, r)
		if w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("%s with %d bytes: %d, want 413", address, n, w.Code)
		}
	}
}

func TestAFormOfAnotherSiteIsRefused(t *testing.T) {
	h := readHouse(t)
	for _, c := range []struct {
		site, origin string
		want         int
	}{{"cross-site", "", 403}, {"", "https://evil.example", 403}, {"same-origin", "", 303}, {"", "", 303}} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/demo/act", strings.NewReader("office=us&back=/docket"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if c.site != "" {
			r.Header.Set("Sec-Fetch-Site", c.site)
		}
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		w := httptest.NewRecorder()
		h.site.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("site %q, origin %q: %d, want %d", c.site, c.origin, w.Code, c.want)
		}
	}
}

func TestEveryAnswerCarriesThePolicy(t *testing.T) {
	h := readHouse(t)
	for _, address := range []string{"/", "/incidents", "/nothing", "/api/incidents", "/assets/marchday.css", "/checkpoint", "/healthz"} {
		head := h.get(t, "", address).Header()
		if p := head.Get("Content-Security-Policy"); !strings.Contains(p, "default-src 'none'") || strings.Contains(p, "unsafe") {
			t.Errorf("%s: policy %q", address, p)
		}
		if head.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: types may be sniffed", address)
		}
	}
}

func TestAStoredBulletinIsServedAsItWasPublished(t *testing.T) {
	h := readHouse(t)
	all, err := h.centre.View(truce.Viewer{}).Statements(t.Context(), picture.StatementFilter{Kinds: []truce.Kind{"bulletin"}, Limit: 1})
	if err != nil || len(all) == 0 {
		t.Fatal("no bulletin:", err)
	}
	body, err := all[0].Body()
	if err != nil {
		t.Fatal(err)
	}
	b := body.(*truce.Bulletin)
	for _, e := range b.Editions {
		w := h.get(t, "", "/bulletins/"+b.Day+"?format="+e.Format+"&lang="+e.Lang)
		if got := truce.DigestOf(w.Body.Bytes()); w.Code != 200 || got != e.Digest {
			t.Errorf("%s %s: %d, digest %s, the record says %s", e.Format, e.Lang, w.Code, got.Short(), e.Digest.Short())
		}
		if e.Format == "html" && !strings.Contains(w.Header().Get("Content-Security-Policy"), bulletin.StyleHashOf(w.Body.Bytes())) {
			t.Errorf("%s: the policy %q does not allow the edition's own style", e.Lang, w.Header().Get("Content-Security-Policy"))
		}
	}
	if got := h.get(t, "", "/bulletins/"+b.Day+"?edition=9").Code; got != 404 {
		t.Errorf("an edition that was not published: %d", got)
	}
	if page := h.get(t, "", "/bulletins/"+b.Day+"/about").Body.String(); strings.Count(page, "equal to its digest") != len(b.Editions) {
		t.Error("the page about the bulletin does not say that every edition is equal to its digest")
	}
}

func TestWhatTheReaderHasIsNotSentAgain(t *testing.T) {
	h := readHouse(t)
	for _, address := range []string{"/api/incidents", "/checkpoint", "/talks?f=csv", "/incidents"} {
		first := h.get(t, "", address)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		r.Header.Set("Accept-Language", "en")
		r.Header.Set("If-None-Match", first.Header().Get("ETag"))
		w := httptest.NewRecorder()
		h.site.ServeHTTP(w, r)
		if first.Header().Get("ETag") == "" || w.Code != http.StatusNotModified || w.Body.Len() > 0 {
			t.Errorf("%s: ETag %q, then %d with %d bytes", address, first.Header().Get("ETag"), w.Code, w.Body.Len())
		}
	}
}

func TestTheTableAndItsCSVHaveTheSameRows(t *testing.T) {
	h := readHouse(t)
	query := "from=2016-04-01&to=2016-04-30"
	rows, err := csv.NewReader(h.get(t, "", "/incidents?f=csv&"+query).Body).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	page := h.get(t, "", "/incidents?"+query).Body.String()
	for _, r := range rows[1:] {
		if !strings.Contains(page, `href="/incidents/`+r[0]+`"`) {
			t.Errorf("%s is in the CSV and not on the page", r[0])
		}
	}
	if rows[0][0] != "incident" || len(rows) < 5 {
		t.Errorf("CSV of %d rows with heads %v", len(rows), rows[0])
	}
	for in, want := range map[string]string{"=1+1": "'=1+1", "-5": "'-5", "@x": "'@x", "12": "12", "": "", "حلب": "حلب"} {
		if got := unformula(in); got != want {
			t.Errorf("%q is written %q, want %q", in, got, want)
		}
	}
}

func TestRegimeAsKnownThen(t *testing.T) {
	h := readHouse(t)
	ask := func(query string) (terms int, spans map[string]string) {
		var out struct {
			Terms []json.RawMessage
			Spans []struct {
				Body  *truce.TruceSpan
				State string
			}
		}
		w := h.get(t, "", "/api/regime?"+query)
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			t.Fatal(w.Code, err, w.Body.String()[:200])
		}
		spans = map[string]string{}
		for _, s := range out.Spans {
			spans[string(s.Body.ID)] = s.State
		}
		return len(out.Terms), spans
	}
	_, now := ask("at=2016-05-05T12:00")
	if now["P0"] != "in-force" || now["P4b"] != "in-force" || now["P4c"] != "start-open" || now["P1a"] != "lapsed" {
		t.Errorf("on 5 May at noon: %v", now)
	}
	_, before := ask("at=2016-05-04T12:00")
	if before["P4a"] != "in-force" || before["P4b"] != "announced" {
		t.Errorf("on 4 May at noon: %v", before)
	}
	terms, early := ask("at=2016-05-05T12:00&n=40")
	if _, known := early["P4a"]; known || terms > 10 {
		t.Errorf("at entry 40 the calm of May is known: %v", early)
	}
	if got := h.get(t, "", "/regime?at=2016-05-05T12:00&n=40"); got.Code != 200 || strings.Contains(got.Body.String(), "Calm of Aleppo") {
		t.Errorf("the page at entry 40: %d", got.Code)
	}
}

func TestHealth(t *testing.T) {
	h := readHouse(t)
	for _, address := range []string{"/healthz", "/readyz"} {
		if w := h.get(t, "", address); w.Code != 200 {
			t.Errorf("%s: %d %s", address, w.Code, w.Body)
		}
	}
}

func TestTheTimelineHasTheNumbersOfItsDrawing(t *testing.T) {
	h := readHouse(t)
	var s struct {
		From  string
		Lines []struct {
			Name   string
			Values []*int64
		}
	}
	if err := json.Unmarshal(h.get(t, "", "/api/series?day=2016-04-28").Body.Bytes(), &s); err != nil {
		t.Fatal(err)
	}
	if s.From != "2016-03-15" || len(s.Lines) != 2 || len(s.Lines[0].Values) != chartDays {
		t.Fatalf("series from %s, %d lines", s.From, len(s.Lines))
	}
	nulls, sum := 0, int64(0)
	for _, n := range s.Lines[0].Values {
		if n == nil {
			nulls++
		} else {
			sum += *n
		}
	}
	rows, err := csv.NewReader(h.get(t, "", "/incidents?f=csv&from=2016-03-15&to=2016-04-28").Body).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if sum != int64(len(rows)-1) || nulls == 0 {
		t.Errorf("the series adds up to %d, the list has %d; %d days without data", sum, len(rows)-1, nulls)
	}
}

func TestNothingOfADemonstrationInARealCentre(t *testing.T) {
	h := readHouse(t)
	site, err := New(Options{Centre: h.centre})
	if err != nil {
		t.Fatal(err)
	}
	real := &testHouse{centre: h.centre, site: site, clock: h.clock}
	if page := real.get(t, "us", "/").Body.String(); strings.Contains(page, "/demo/") {
		t.Error("a real centre shows the bar of the demonstration")
	}
	if strings.Contains(real.get(t, "us", "/docket/13").Body.String(), "repeats this") {
		t.Error("a cookie makes an office of a visitor in a real centre")
	}
	for _, address := range []string{"/demo/act", "/demo/clock"} {
		if w := real.post(t, "", address, url.Values{"office": {"us"}}); w.Code != 403 {
			t.Errorf("%s: %d, want 403", address, w.Code)
		}
	}
	if w := real.post(t, "us", "/intake/article", url.Values{"text": {"x"}, "publisher": {"y"}, "channel": {"article"}, "marking": {"clear"}, "do": {"file"}}); w.Code != 403 {
		t.Errorf("a visitor files a report in a real centre: %d", w.Code)
	}
}
