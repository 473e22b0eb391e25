package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

var routePattern = regexp.MustCompile(`"(GET|POST) (/[^"]*)"`)

// unlabelled are the addresses that show nothing of a centre: a choice of the
// reader's, files of the program, whether it runs.
var unlabelled = []string{"POST /choose", "GET /map/base.geojson", "GET /assets/", "GET /healthz", "GET /readyz"}

// addresses are, for every route that routes.go lists, one or more addresses of
// it. A new route with a name in it that this does not know fails the test.
func addresses(t *testing.T, h *testHouse) (get, post []string) {
	t.Helper()
	source, err := os.ReadFile("routes.go")
	if err != nil {
		t.Fatal(err)
	}
	view := h.centre.View(truce.Viewer{Role: truce.CoChair, Office: "us"})
	of := func(kind truce.Kind) picture.Statement {
		all, err := view.Statements(t.Context(), picture.StatementFilter{Kinds: []truce.Kind{kind}, Standing: true, Limit: 1})
		if err != nil || len(all) == 0 {
			t.Fatalf("the house has no %s: %v", kind, err)
		}
		return all[0]
	}
	incidents, _, err := view.Incidents(t.Context(), picture.Filter{Limit: 1})
	if err != nil || len(incidents) == 0 {
		t.Fatal("no incident:", err)
	}
	report, b := of("report"), of("bulletin")
	body, err := b.Body()
	if err != nil {
		t.Fatal(err)
	}
	blob := body.(*truce.Bulletin).Editions[0].Digest.String()
	n := fmt.Sprint(report.Index)
	known := strings.NewReplacer("/incidents/{id...}", "/incidents/"+incidents[0].ID.Display(incidents[0].Index), "/bulletins/{day}", "/bulletins/"+b.Name,
		"/receipts/{id}", "/receipts/"+report.ID.String(), "/docket/{n}", "/docket/4", "/exhibits/{n}", "/exhibits/"+n, "{n}", n,
		"/tile/{path...}", "/tile/0/000", "{two}/{digest}", blob[:2]+"/"+blob, "{$}", "")
	for _, m := range routePattern.FindAllStringSubmatch(string(source), -1) {
		if skip := m[1] + " " + m[2]; strings.Contains(strings.Join(unlabelled, "\n")+"\n", skip+"\n") {
			continue
		}
		address := known.Replace(m[2])
		if strings.Contains(address, "{") {
			t.Fatalf("no address is known for %s", m[2])
		}
		if m[1] == "POST" {
			post = append(post, address)
			continue
		}
		get = append(get, address)
		if !strings.HasPrefix(address, "/api/") {
			get = append(get, address+"?f=csv")
		}
	}
	if len(get) < 80 || len(post) < 20 {
		t.Fatalf("%d and %d addresses are too few", len(get), len(post))
	}
	return get, post
}

// labelled checks one answer against the label and the mode that it must carry.
func labelled(t *testing.T, address string, w *httptest.ResponseRecorder, want truce.Label, mode truce.Mode) {
	t.Helper()
	label, body := truce.Label(w.Header().Get("Tlp-Label")), w.Body.String()
	if label != want {
		t.Errorf("%s: labelled %q, want %q", address, label, want)
	}
	if got := truce.Mode(w.Header().Get("Origin-Mode")); got != mode {
		t.Errorf("%s: mode %q, want %q", address, got, mode)
	}
	kind := w.Header().Get("Content-Type")
	switch {
	case strings.HasPrefix(kind, "text/html") && strings.Contains(body, "<style>"): // a stored edition, as it was published
		if mode == truce.Exercise && !strings.Contains(body, `class="mode"`) {
			t.Errorf("%s: the edition does not say that it is of an exercise", address)
		}
	case strings.HasPrefix(kind, "text/html") && w.Code != http.StatusSeeOther:
		if n := strings.Count(body, `class="tlp" lang="en" dir="ltr" data-level="`+string(want)+`"`); n != 2 {
			t.Errorf("%s: the label stands %d times on the page, want head and foot", address, n)
		}
		if n := strings.Count(body, `class="exercise"`); (n == 2) != (mode == truce.Exercise) {
			t.Errorf("%s: an exercise is marked %d times", address, n)
		}
	case strings.HasPrefix(kind, "text/csv"):
		name := w.Header().Get("Content-Disposition")
		if !strings.Contains(name, strings.ReplaceAll(string(want), ":", "_")) || mode == truce.Exercise && !strings.Contains(name, "EXERCISE") {
			t.Errorf("%s: the file is called %s", address, name)
		}
	case strings.Contains(body, `"rows":[`):
		if !strings.Contains(body, `"tlp":"`+string(want)+`"`) || mode != "" && !strings.Contains(body, `"mode":"`+string(mode)+`"`) {
			t.Errorf("%s: the list does not carry the label and the mode: %.120s", address, body)
		}
	}
}

// ownLabel is the label of what is the same for all who may have it.
func ownLabel(address string, reader truce.Label, status int) truce.Label {
	switch {
	case status >= http.StatusBadRequest:
	case strings.HasPrefix(address, "/blobs/kept/"):
		return truce.TLPAmber
	case strings.HasPrefix(address, "/checkpoint"), strings.HasPrefix(address, "/tile/"), strings.HasPrefix(address, "/bulletins/2") && !strings.Contains(address, "/about"):
		return truce.TLPClear
	}
	return reader
}

// TestEveryRouteSaysHowFarItMayBePassedOn asks every address as the public, as
// an office of each level, and looks for the label of what that reader reads.
func TestEveryRouteSaysHowFarItMayBePassedOn(t *testing.T) {
	h := readHouse(t)
	get, _ := addresses(t, h)
	for office, want := range map[string]truce.Label{"": truce.TLPClear, "gov-liaison": truce.TLPGreen, "us": truce.TLPAmber, "un": truce.TLPAmber} {
		for _, address := range get {
			w := h.get(t, office, address)
			labelled(t, address, w, ownLabel(address, want, w.Code), truce.Demo)
		}
	}
}

// TestAnExerciseIsMarkedOnEveryPageAndExport plays the dossier as an exercise
// and asks every address, also with what must be refused.
func TestAnExerciseIsMarkedOnEveryPageAndExport(t *testing.T) {
	h, err := playHouse(t.Context(), &testHouse{clock: &testClock{}, mode: truce.Exercise}, t.TempDir(), "2016-03-02T18:00:00+02:00")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = h.centre.Close(), h.vault.Close() })
	get, post := addresses(t, h)
	for reader, want := range map[truce.OfficeID]truce.Label{"": truce.TLPClear, "us": truce.TLPAmber} {
		site, err := New(Options{Centre: h.centre, Reader: reader})
		if err != nil {
			t.Fatal(err)
		}
		h.site = site
		for _, address := range get {
			w := h.get(t, "", address)
			labelled(t, address, w, ownLabel(address, want, w.Code), truce.Exercise)
		}
		for _, address := range post {
			labelled(t, address, h.post(t, "", address, nil), want, truce.Exercise)
		}
	}
}

// TestColoursOfTheLabels holds the style against what TLP 2.0 prescribes.
func TestColoursOfTheLabels(t *testing.T) {
	css, err := os.ReadFile(filepath.Join("static", "marchday.css"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`.tlp {`, `#33ff00`, `#ffc000`, `#ff2b2b`, `background: #000`} {
		if !strings.Contains(string(css), want) {
			t.Errorf("the style has no %s", want)
		}
	}
}

// TestHowManyToldIsCountedOnceADay asks twice on one day, and on the next.
func TestHowManyToldIsCountedOnceADay(t *testing.T) {
	var m memo
	counted := 0
	ask := func(day string, settled bool) int {
		t.Helper()
		cells, err := m.toldOn(day, settled, func() ([]truce.Cell, error) { counted++; return make([]truce.Cell, counted), nil })
		if err != nil {
			t.Fatal(err)
		}
		return len(cells)
	}
	for i, want := range []int{1, 2, 2, 3, 3} {
		if got := ask([]string{"2016-05-04", "2016-05-04", "2016-05-04", "2016-05-05", "2016-05-05"}[i], i > 0); got != want {
			t.Errorf("answer %d is of count %d, want %d", i, got, want)
		}
	}
}

// TestAPageOfWhatWasReleasedInPartLeadsNowhereClosed releases a district and a day
// of an amber report and follows, as the public, what the incident's page, its
// CSV and its JSON show.
func TestAPageOfWhatWasReleasedInPartLeadsNowhereClosed(t *testing.T) {
	h := ownHouse(t)
	at := truce.At(h.clock.now()) - truce.Day/2
	r, err := h.centre.Say(t.Context(), "desk", "", &truce.Report{Channel: "field", Publisher: "patrol-9", Marking: truce.Amber, Claims: []truce.Claim{{
		Event: "shelling", Stance: truce.Stated, Where: []truce.Where{{Place: "gn:170892", Name: "the well of Daraya"}},
		When: truce.When{From: at, To: at + 600, Precision: truce.ToMinute}, Note: "behind the third mill",
	}}})
	if err == nil {
		_, err = h.centre.Say(t.Context(), "centre", "", &truce.Release{Of: r.ID, Marking: truce.Clear, Coarsen: "governorate", Why: "bulletin"})
	}
	if err == nil {
		err = h.centre.CatchUp(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("S%d@0", r.Index)
	for _, address := range []string{"/incidents/" + name, "/incidents/" + name + "?f=csv", "/api/incidents/" + name} {
		w := h.get(t, "", address)
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d", address, w.Code)
		}
		for _, closed := range []string{fmt.Sprintf(`"/record/%d`, r.Index), fmt.Sprintf(`"/intake/%d`, r.Index), "third mill", "well of Daraya", "gn:170892", at.String()} {
			if strings.Contains(w.Body.String(), closed) {
				t.Errorf("%s shows the public %q", address, closed)
			}
		}
		if address == "/incidents/"+name {
			strict(t, address, w.Body.String())
		}
	}
	if page := h.get(t, "us", "/incidents/"+name).Body.String(); !strings.Contains(page, "third mill") || !strings.Contains(page, fmt.Sprintf(`"/record/%d`, r.Index)) {
		t.Error("a co-chair does not see all")
	}
}
