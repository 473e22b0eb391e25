package web

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// A specimen is a page of every part, with invented data: it is what the parts
// are looked at and tested with.
type specimen struct {
	Frame
	Map, Days, Ranges Drawn
	Left, Over        Deadline
	Moments           []Moment
	Verdicts          Verdicts
	Claims            []Claim
	Rows              []specimenRow
	Pager             Pager
	Text              []Segment
	Fields            []Field
	States            []string
}

type specimenRow struct {
	Name, State string
	A, B, J     int
	V           Verdict
}

func testPages(t *testing.T) *Pages {
	t.Helper()
	c, err := Load(mustSub(t, "catalogue"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := NewAssets(mustSub(t, "static"), mustSub(t, "dist"))
	if err != nil {
		t.Fatal(err)
	}
	folder := fstest.MapFS{}
	for _, name := range []string{"layout.html", "parts/frame.html", "parts/parts.html", "licences.html"} {
		body, err := files.ReadFile("templates/" + name)
		if err != nil {
			t.Fatal(err)
		}
		folder[name] = &fstest.MapFile{Data: body}
	}
	body, err := os.ReadFile("testdata/specimen.html")
	if err != nil {
		t.Fatal(err)
	}
	folder["specimen.html"] = &fstest.MapFile{Data: body}
	p, err := NewPages(folder, c, a)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func specimenPage(t *testing.T, p *Pages, r *http.Request) specimen {
	t.Helper()
	zone := time.FixedZone("EEST", 3*3600)
	at := time.Date(2016, 5, 5, 18, 0, 0, 0, zone)
	s := specimen{Frame: p.Frame(r, "incidents")}
	s.Centre, s.Exercise, s.Index, s.At = "", r.URL.Query().Has("exercise"), 1042, at
	s.Root = "9f86d081884c7d659a2feaa0c55ad015"
	s.Demo = &Demo{Now: at, Acting: "ostrana", Offices: []Choice{{"ostrana", "Ostrana, co-chair"}, {"westmark", "Westmark, co-chair"}, {"un", "Mediator's office"}}}
	s.Crumbs = []Link{{"Incidents", "/incidents"}, {"S1042@132", ""}}
	tongue := p.catalogue.In(s.Lang)
	s.Left, s.Over = Deadline{at.Add(27 * time.Hour), at}, Deadline{at.Add(-50 * time.Minute), at}
	s.Moments = []Moment{
		{At: at.Add(-30 * time.Hour), What: Link{"Ostrana reports shelling of حلب", "/s/1031"}, By: "human"},
		{At: at.Add(-29 * time.Hour), What: Link{"joined with two claims", ""}, Text: "linker 1, weight 7.1", By: "machine"},
		{At: at.Add(-3 * time.Hour), What: Link{"Westmark files its assessment", "/s/1040"}, By: "human"},
	}
	readings := []Verdict{
		{Office: "Ostrana", Kind: "prohibited", Term: Link{"Term 2, calm from 4 May 00:01", "/regime#t2"}, Premises: []Premise{{"the shooter accepted", Link{"S 17", "/s/17"}, false}, {"inside the calm's area", Link{"S 904", "/s/904"}, false}}},
		{Office: "Westmark", Kind: "insufficient", Why: "start not stated", Term: Link{"Term 2", "/regime#t2"}, Illustration: true, Premises: []Premise{{"when the calm began", Link{}, true}}},
		{Office: "Mediator's office", Kind: "outside", Why: "area", Term: Link{"Term 4", ""}},
		{Office: "A third guarantor", Kind: "exempt", Term: Link{"Term 7", ""}},
	}
	s.Verdicts = Verdicts{Readings: readings}
	s.Claims = []Claim{
		{ID: "c1", Speaker: "Ostrana, army command", Role: "co-chair's side", Quote: "Three rockets fell on the market at noon; at least 12 people were killed.", QuoteLang: "en", Received: at.Add(-30 * time.Hour), Statement: Link{"S 1031", "/s/1031"}, Facts: []Fact{{"Act", "shelling"}, {"Accused", "Northern Brigade"}, {"Killed", "12 or more"}, {"Wounded", ""}}},
		{ID: "c2", Speaker: "شبكة الرصد المحلية", Role: "monitoring network", Quote: "سقطت ثلاثة صواريخ على السوق وقُتل ستة أشخاص.", QuoteLang: "ar", Received: at.Add(-28 * time.Hour), Statement: Link{"S 1036", "/s/1036"}, Facts: []Fact{{"Act", "shelling"}, {"Killed", "6"}}},
		{ID: "c3", Speaker: "Northern Brigade", Role: "party", Quote: "We fired at nothing on that day.", QuoteLang: "en", Received: at.Add(-5 * time.Hour), Denial: true, Note: "a denial says nothing about the dead"},
	}
	for i, name := range []string{"Karsa", "Velm", "Upper Doran", "حلب"} {
		s.Rows = append(s.Rows, specimenRow{Name: name, A: 3 * i, B: 1200 * i, J: i, V: readings[i], State: []string{"registered", "requested", "parallel", "closed"}[i]})
	}
	s.States = []string{"received", "requested", "joint", "parallel", "deadlock", "closed", "suspended"}
	s.Pager = Pager{Prev: "?before=9", Next: "?after=60", From: 51, To: 100}
	text := "The ministry said on Tuesday that shells hit two schools in Karsa, killing at least four."
	s.Text = Segments(text, []Mark{{0, 12, "speaker", 0, ""}, {18, 28, "when", 0, ""}, {34, 88, "claim-mark", 1, "c1"}, {41, 44, "act", 0, ""}, {60, 65, "place", 0, ""}, {67, 88, "claim-mark", 2, "c2"}, {75, 88, "count", 0, ""}})
	s.Fields = []Field{
		{Name: "where", Label: "Place", Hint: "As it was said to you.", Required: true, Fault: "Write a place, or tick that none was said.", Value: ""},
		{Name: "act", Label: "Act", Choices: []Choice{{"shelling", "shelling"}, {"strike", "air strike"}}, Value: "strike"},
		{Name: "why", Label: "Reasons", Long: true, Required: true, Value: "The crater opens to the north-east."},
	}
	s.Map = specimenMap(t, tongue)
	s.Days = Drawn{SVG: specimenDays(t, tongue), Caption: "Complaints per day", Size: "chart"}
	s.Ranges = Drawn{SVG: specimenRanges(t, tongue), Caption: "Killed, by lineage of sources", Size: "narrow"}
	return s
}

func TestSpecimenIsStrict(t *testing.T) {
	p := testPages(t)
	inline := regexp.MustCompile(`(?i)\sstyle=|\son[a-z]+=|<style|<script(?:[^>]*)>[^<]|javascript:|ZgotmplZ|\{\{`)
	for _, query := range []string{"lang=en", "lang=ar", "lang=qps", "lang=en&exercise=1"} {
		r := httptest.NewRequest(http.MethodGet, "/incidents?"+query, nil)
		s := specimenPage(t, p, r)
		w := httptest.NewRecorder()
		if err := p.Render(w, http.StatusOK, "specimen", s); err != nil {
			t.Fatal(err)
		}
		page := w.Body.String()
		if found := inline.FindString(page); found != "" {
			t.Errorf("%s: the page has %q, which the policy refuses or which was not filled in", query, found)
		}
		if n := strings.Count(page, "<h1"); n != 1 {
			t.Errorf("%s: %d h1, want 1", query, n)
		}
		if got := w.Header().Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'none'") || strings.Contains(got, "unsafe") {
			t.Errorf("%s: policy %q", query, got)
		}
		again := httptest.NewRecorder()
		if err := p.Render(again, http.StatusOK, "specimen", specimenPage(t, p, r)); err != nil || !bytes.Equal(again.Body.Bytes(), w.Body.Bytes()) {
			t.Errorf("%s: the same page has other bytes (%v)", query, err)
		}
	}
}

func write(t *testing.T, name string, body []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, body, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestLicencesShowWhatTheBuildFound(t *testing.T) {
	p := testPages(t)
	p.assets.files["licences.json"] = newAsset("licences.json", []byte(`[{"Name":"uplot","Version":"1","Licence":"MIT","Text":"Permission <is> granted"}]`))
	w := httptest.NewRecorder()
	if err := p.Licences(w, p.Frame(httptest.NewRequest(http.MethodGet, "/licences", nil), "")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"uplot", "MIT", "Permission &lt;is&gt; granted", "GeoNames"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestKeysAreUnique(t *testing.T) {
	seen := map[string]string{}
	for _, s := range sections() {
		key := goKey(s.Label)
		if key == "" || seen[key] != "" {
			t.Errorf("%s: key %q, also of %q", s.Label, key, seen[key])
		}
		seen[key] = s.Label
	}
}

func TestFrameShowsTheReadersChoice(t *testing.T) {
	p := testPages(t)
	for _, c := range []struct {
		name, address, accept, cookie, lang, theme string
	}{
		{"nothing chosen is English", "/", "", "", "en", ""},
		{"the browser's wish", "/", "ar-SY,en;q=0.5", "", "ar", ""},
		{"a language we lack", "/", "de", "", "en", ""},
		{"a cookie beats the browser", "/", "ar", "lang=en", "en", ""},
		{"the address beats the cookie", "/?lang=ar", "en", "lang=en", "ar", ""},
		{"an unknown language in the address", "/?lang=xx", "", "", "en", ""},
		{"a theme", "/", "", "theme=dark", "en", "dark"},
		{"an unknown theme", "/", "", "theme=pink", "en", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, c.address, nil)
			r.Header.Set("Accept-Language", c.accept)
			r.Header.Set("Cookie", c.cookie)
			f := p.Frame(r, "today")
			if f.Lang != c.lang || f.Theme != c.theme {
				t.Errorf("language %q, theme %q; want %q, %q", f.Lang, f.Theme, c.lang, c.theme)
			}
			if strings.Contains(f.Here(), "lang=") {
				t.Errorf("the address %q still holds the language", f.Here())
			}
		})
	}
}

func TestChooseLeadsNowhereElse(t *testing.T) {
	p := testPages(t)
	for back, want := range map[string]string{
		"/docket?mine=1": "/docket?mine=1", "": "/", "//evil.example": "/", "https://evil.example/": "/", `/\evil.example`: "/", "docket": "/",
	} {
		r := httptest.NewRequest(http.MethodPost, "/choose", strings.NewReader("lang=ar&theme=dark&back="+strings.ReplaceAll(back, "?", "%3F")))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		p.Choose(w, r)
		if got := w.Header().Get("Location"); w.Code != http.StatusSeeOther || got != want {
			t.Errorf("back %q: %d to %q, want %q", back, w.Code, got, want)
		}
		if len(w.Result().Cookies()) != 2 {
			t.Errorf("back %q: cookies %v", back, w.Result().Cookies())
		}
	}
}

func TestSegmentsKeepTheText(t *testing.T) {
	text := "abcdefghij"
	marks := []Mark{{0, 4, "act", 0, ""}, {2, 6, "claim-mark", 1, "c1"}, {2, 6, "claim-mark", 1, "c1"}, {9, 99, "place", 0, ""}, {5, 5, "when", 0, ""}, {-1, 3, "when", 0, ""}}
	var back strings.Builder
	var classes []string
	for _, s := range Segments(text, marks) {
		back.WriteString(s.Text)
		classes = append(classes, fmt.Sprintf("%s:%s:%d", s.Text, s.Class(), len(s.Claims)))
	}
	if back.String() != text {
		t.Errorf("text %q, want %q", back.String(), text)
	}
	if got, want := strings.Join(classes, " "), "ab:act:0 cd:act claim-mark:0 ef:claim-mark:2 ghij::0"; got != want {
		t.Errorf("segments %q, want %q", got, want)
	}
}

func TestStyleHasNoSides(t *testing.T) {
	css, err := files.ReadFile("static/marchday.css")
	if err != nil {
		t.Fatal(err)
	}
	sides := regexp.MustCompile(`(?i)(?:^|[\s;{-])(?:left|right)\s*:|(?:margin|padding|border)-(?:left|right|top|bottom)|text-align:\s*(?:left|right)|float:|[^-]width:|[^-]height:`)
	for i, line := range strings.Split(string(css), "\n") {
		if strings.Contains(line, "@media") || strings.Contains(line, "stroke-width") || strings.Contains(line, "line-height") {
			line = regexp.MustCompile(`@media[^{]*\{|stroke-width:|line-height:`).ReplaceAllString(line, "")
		}
		if found := sides.FindString(line); found != "" {
			t.Errorf("marchday.css:%d: %q: use a logical property, the page may run from right to left", i+1, found)
		}
	}
}

func TestAssets(t *testing.T) {
	a, err := NewAssets(fstest.MapFS{"x.css": {Data: []byte("first")}}, fstest.MapFS{"x.css": {Data: []byte("second")}, "a/f-ABC.woff2": {Data: make([]byte, 4000)}, "big.js": {Data: bytes.Repeat([]byte("let a=1;"), 500)}, ".keep": {}})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, address, match string) *http.Response {
		r := httptest.NewRequest(method, address, nil)
		r.Header.Set("Accept-Encoding", "gzip")
		r.Header.Set("If-None-Match", match)
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		return w.Result()
	}
	css := ask("GET", "/assets/x.css", "")
	if body := new(bytes.Buffer); css.StatusCode != 200 {
		t.Errorf("x.css: %d", css.StatusCode)
	} else if _, _ = body.ReadFrom(css.Body); body.String() != "first" {
		t.Errorf("x.css: %q, want the first folder's", body)
	}
	if again := ask("GET", "/assets/x.css", css.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("known ETag: %d, want 304", again.StatusCode)
	}
	if js := ask("GET", "/assets/big.js", ""); js.Header.Get("Content-Encoding") != "gzip" || !strings.HasPrefix(js.Header.Get("Content-Type"), "text/javascript") || js.ContentLength > 400 {
		t.Errorf("big.js: %v, %d bytes", js.Header, js.ContentLength)
	}
	if font := ask("GET", "/assets/a/f-ABC.woff2", ""); !strings.Contains(font.Header.Get("Cache-Control"), "immutable") || font.Header.Get("Content-Encoding") != "" {
		t.Errorf("font: %v", font.Header)
	}
	for address, want := range map[string]int{"/assets/none.js": 404, "/assets/.keep": 404, "/assets/../embed.go": 404, "/assets/": 404} {
		if got := ask("GET", address, "").StatusCode; got != want {
			t.Errorf("%s: %d, want %d", address, got, want)
		}
	}
	if got := ask("POST", "/assets/x.css", "").StatusCode; got != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", got)
	}
}
