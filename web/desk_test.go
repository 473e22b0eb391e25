package web

import (
	"crypto/ed25519"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// TestTheFirstPageSaysWhatAnOfficeHasStillToDo asks page, desk and API the same
// as each office.
func TestTheFirstPageSaysWhatAnOfficeHasStillToDo(t *testing.T) {
	h := readHouse(t)
	for _, office := range []string{"", "us", "ru", "un", "centre", "gov-liaison", "hnc-liaison", "desk", "un-ocha"} {
		var list struct {
			Rows []struct{ What, Of, Link string }
		}
		if err := json.Unmarshal(h.get(t, office, "/api/todo").Body.Bytes(), &list); err != nil {
			t.Fatal(err)
		}
		if want := map[string]bool{"us": true, "ru": true, "un": true, "centre": true, "hnc-liaison": true}[office]; (len(list.Rows) > 0) != want {
			t.Errorf("%q has %d things to do: %+v", office, len(list.Rows), list.Rows)
		}
		desk := h.get(t, office, "/desk")
		strict(t, "/desk", desk.Body.String())
		if got := strings.Count(desk.Body.String(), `<p class="row"><strong>`); got != len(list.Rows) {
			t.Errorf("as %q the desk shows %d things, the API %d", office, got, len(list.Rows))
		}
		first := h.get(t, office, "/").Body.String()
		if got := strings.Count(first, `<p class="row"><strong>`); got != min(len(list.Rows), maxTodo) {
			t.Errorf("as %q the first page shows %d things of %d", office, got, len(list.Rows))
		}
		for _, r := range list.Rows {
			path, _, _ := strings.Cut(r.Link, "#")
			if w := h.get(t, office, path); w.Code != 200 {
				t.Errorf("as %q %q leads to %s: %d", office, r.What, r.Link, w.Code)
			}
		}
	}
}

func TestNoticesAreNumberedWithAcknowledgementAndDeadline(t *testing.T) {
	h := readHouse(t)
	rows := func(office string) [][]string {
		all, err := csv.NewReader(h.get(t, office, "/desk?f=csv&table=notices").Body).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return all[1:]
	}
	all := rows("un")
	if len(all) < 3 {
		t.Fatalf("%d notices", len(all))
	}
	next := map[string]int{}
	for i := len(all) - 1; i >= 0; i-- {
		next[all[i][0]]++
		if all[i][1] != strconv.Itoa(next[all[i][0]]) {
			t.Errorf("notice %v is not number %d to %s", all[i], next[all[i][0]], all[i][0])
		}
	}
	for _, r := range rows("hnc-liaison") {
		if r[0] != "hnc-liaison" {
			t.Errorf("a liaison reads a notice to %s", r[0])
		}
	}
	if got := rows(""); len(got) != 0 {
		t.Errorf("the public reads %d notices", len(got))
	}
}

var takeoverForm = regexp.MustCompile(`name="handover" value="([0-9a-f]{64})"`)

func TestAShiftIsHandedOverAndTakenOverAtTheDesk(t *testing.T) {
	h := ownHouse(t)
	do := func(want int, form url.Values) string {
		t.Helper()
		w := h.post(t, "us", "/desk", form)
		if w.Code != want {
			t.Fatalf("%v: %d, want %d: %s", form, w.Code, want, faultOf(w.Body.String()))
		}
		return w.Body.String()
	}
	do(303, url.Values{"kind": {"duty-entry"}, "duty-entry-text": {"The line to the hill is down."}})
	if page := do(422, url.Values{"kind": {"handover"}, "handover-to": {"night"}}); !strings.Contains(page, `value="night"`) || !strings.Contains(page, "how things stand") {
		t.Error("what was refused is not shown with its reason and what was answered")
	}
	do(303, url.Values{"kind": {"handover"}, "handover-to": {"night"}, "handover-text": {"Quiet."}, "handover-open": {"Call the hill.\nRead case 4."}})
	page := h.get(t, "us", "/desk").Body.String()
	strict(t, "/desk", page)
	for _, want := range []string{"The line to the hill is down.", "Read case 4.", "Take the shift over from"} {
		if !strings.Contains(page, want) {
			t.Errorf("the desk does not show %q", want)
		}
	}
	if other := h.get(t, "ru", "/desk").Body.String(); strings.Contains(other, "The line to the hill") || strings.Contains(other, "Read case 4.") {
		t.Error("another office reads the duty log at its desk")
	}
	id := takeoverForm.FindStringSubmatch(page)
	if id == nil {
		t.Fatal("nobody is offered to take over")
	}
	do(403, url.Values{"kind": {"takeover"}, "handover": {id[1]}, "desk": {"day"}})
	do(303, url.Values{"kind": {"takeover"}, "handover": {id[1]}, "desk": {"night"}})
	if page := h.get(t, "us", "/desk").Body.String(); takeoverForm.MatchString(page) {
		t.Error("a shift that was taken over is offered again")
	}
}

// TestTheFunnelCountsWhatTheCasesAre recounts the files that the API gives.
func TestTheFunnelCountsWhatTheCasesAre(t *testing.T) {
	h := readHouse(t)
	for _, office := range []string{"un", "", "gov-liaison"} {
		var f funnelCounts
		if err := json.Unmarshal(h.get(t, office, "/api/funnel?from=2016-02-26&to=2016-05-05").Body.Bytes(), &f); err != nil {
			t.Fatal(err)
		}
		cases, err := h.centre.View(viewerOf(t, h, office)).Cases(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		decided, outcomes := 0, 0
		for _, c := range cases {
			if c.File.Finding.Kind != truce.Undecided {
				decided++
			}
		}
		for _, o := range f.Docket.Outcomes {
			outcomes += o.N
		}
		d := f.Docket
		if d.Registered != len(cases) || d.Decided != decided || outcomes != decided || d.Accepted+d.Insufficient+d.Duplicate+d.Untriaged != d.Registered || decided < 3 {
			t.Errorf("as %q: %+v of %d cases, %d decided", office, d, len(cases), decided)
		}
		opened := 0
		for _, u := range d.ByUnit {
			opened += u.Opened
		}
		if opened != len(cases) {
			t.Errorf("as %q: %d cases by unit, %d are there", office, opened, len(cases))
		}
		for _, k := range append(d.ByTerm, d.ByUnit...) {
			for o, n := range k.Each {
				if k.All > n || n > k.Opened {
					t.Errorf("%s: all %d, %s %d, of %d", k.Of, k.All, o, n, k.Opened)
				}
			}
		}
		incidents := 0
		for _, u := range f.Parallel {
			incidents += u.Incidents
		}
		from, _, _ := mustZone(t, h).DayBounds("2016-02-26")
		_, to, _ := mustZone(t, h).DayBounds("2016-05-05")
		want, err := h.centre.View(viewerOf(t, h, office)).CountIncidents(t.Context(), picture.Filter{From: from, To: to})
		if err != nil || incidents != want {
			t.Errorf("as %q: parallel counts of %d incidents, %d are there: %v", office, incidents, want, err)
		}
		page := h.get(t, office, "/docket/funnel?from=2016-02-26&to=2016-05-05")
		strict(t, "/docket/funnel", page.Body.String())
		rows, err := csv.NewReader(h.get(t, office, "/docket/funnel?from=2016-02-26&to=2016-05-05&f=csv").Body).ReadAll()
		if err != nil || rows[2][0] != "registered" || rows[2][1] != strconv.Itoa(len(cases)) {
			t.Errorf("as %q the CSV says %v: %v", office, rows, err)
		}
	}
	if w := h.get(t, "", "/docket/funnel?from=2016-05-05&to=2016-05-01"); w.Code != 422 {
		t.Errorf("a period that ends before it begins: %d", w.Code)
	}
}

func mustZone(t *testing.T, h *testHouse) truce.Zone {
	t.Helper()
	house, err := h.centre.View(truce.Viewer{}).House(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return house.Procedure.Zone
}

func TestTheSpreadShowsWhoAnsweredAndWhatIsCovered(t *testing.T) {
	h := readHouse(t)
	page := h.get(t, "", "/regime/spread?at=2016-05-05T12:00")
	strict(t, "/regime/spread", page.Body.String())
	if !strings.Contains(page.Body.String(), "no answer") || !strings.Contains(page.Body.String(), "<svg") {
		t.Error("the page does not say who has not answered, or has no timeline")
	}
	if maps := strings.Count(page.Body.String(), "Covered in the reading of"); maps < 2 || !strings.Contains(page.Body.String(), `class="m-area"`) {
		t.Errorf("%d maps of what is covered, or none hatches a unit", maps)
	}
	in := func(at string) map[string]string {
		rows, err := csv.NewReader(h.get(t, "", "/regime/spread?f=csv&table=covered&at="+at).Body).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, r := range rows[1:] {
			out[r[0]+" "+r[1]] = r[5]
		}
		return out
	}
	before, after := in("2016-05-03T12:00"), in("2016-05-05T12:00")
	if before["us P4a"] != "no" || after["us P4a"] != "yes" || after["ru P4c"] != "unsure" {
		t.Errorf("the calm of May: before %v, after %v", before, after)
	}
}

func TestAlarmsAreOnTheFirstPageAndInTheAPI(t *testing.T) {
	h := readHouse(t)
	for at, want := range map[string]string{"2016-05-05T12:30": "12", "2016-05-05T22:00": "3", "2016-05-06T00:30": "0", "2016-05-04T10:00": ""} {
		var a struct{ Alarms []truce.Alarm }
		if err := json.Unmarshal(h.get(t, "", "/api/alarms?at="+at).Body.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, x := range a.Alarms {
			if x.Span == "P4c" {
				got = strconv.Itoa(int(x.Before))
			}
		}
		if got != want {
			t.Errorf("at %s the alarm of P4c is %q, want %q of %+v", at, got, want, a.Alarms)
		}
	}
	if page := h.get(t, "", "/").Body.String(); !strings.Contains(page, `id="alarms"`) {
		t.Error("the first page on the eve of an end shows no alarm")
	}
}

// TestAProposalIsMadeAnsweredAndAdoptedByForms walks the forms of the regime as
// a browser without scripts does.
func TestAProposalIsMadeAnsweredAndAdoptedByForms(t *testing.T) {
	h := ownHouse(t)
	say := func(office string, want int, kind string, answers ...string) string {
		t.Helper()
		form := url.Values{"kind": {kind}}
		for i := 0; i+1 < len(answers); i += 2 {
			form.Set(kind+"-"+answers[i], answers[i+1])
		}
		w := h.post(t, office, "/regime/say", form)
		if w.Code != want {
			t.Fatalf("%s %s: %d, want %d: %s", office, kind, w.Code, want, faultOf(w.Body.String()))
		}
		return w.Body.String()
	}
	forms := h.get(t, "us", "/regime/say")
	strict(t, "/regime/say", forms.Body.String())
	if strings.Contains(h.get(t, "gov-liaison", "/regime/say").Body.String(), `value="reading"`) {
		t.Error("a liaison is offered a reading")
	}
	for why, answers := range map[string][]string{
		"is no place that this regime": {"id", "P9", "sort", "calm", "act", "proposed", "places", "nowhere", "claimed_by", "us"},
		"write cessation, calm":        {"id", "P9", "act", "proposed", "place", "SY-HL", "claimed_by", "us"},
		"a span is over an area":       {"id", "P9", "sort", "calm", "act", "proposed", "claimed_by", "us"},
		"does not exist":               {"id", "P9", "sort", "calm", "act", "proposed", "place", "SY-HL", "from", "2016-03-24T23:30", "claimed_by", "us"},
	} {
		if page := say("us", 422, "span", answers...); !strings.Contains(page, why) && !strings.Contains(why, "place") {
			t.Errorf("a refused span does not say %q: %s", why, faultOf(page))
		}
	}
	say("us", 303, "span", "id", "P9", "name", "Calm of the north", "sort", "calm", "act", "proposed", "parent", "P0", "place", "SY-HL", "from", "2016-03-03T00:00", "to", "2016-03-05T00:00", "claimed_by", "us")
	answers := func() (us, ru string) {
		rows, err := csv.NewReader(h.get(t, "ru", "/regime/spread?f=csv&table=spread").Body).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows[1:] {
			if r[0] == "P9" {
				return r[6], r[7]
			}
		}
		t.Fatal("the proposal is not in the spread")
		return "", ""
	}
	if us, ru := answers(); us != "proposed" || ru != "" {
		t.Errorf("before: us %q, ru %q", us, ru)
	}
	if page := h.get(t, "ru", "/desk").Body.String(); !strings.Contains(page, "Calm of the north") {
		t.Error("the proposal does not wait at the other office's desk")
	}
	prefilled := h.get(t, "ru", "/regime/say?reading-about=span&reading-adopts=P9").Body.String()
	if !strings.Contains(prefilled, `<option value="P9" selected>`) {
		t.Error("the form that adopts is not filled in")
	}
	say("ru", 303, "reading", "about", "span", "adopts", "P9")
	if us, ru := answers(); us != "proposed" || ru != "adopted" {
		t.Errorf("after: us %q, ru %q", us, ru)
	}
	if page := h.get(t, "ru", "/desk").Body.String(); strings.Contains(page, "Answer the proposal") {
		t.Error("an answered proposal waits still")
	}
	covered := h.get(t, "", "/regime/spread?f=csv&table=covered&at=2016-03-04T12:00").Body.String()
	if !strings.Contains(covered, "ru,P9,") || strings.Contains(covered, "us,P9,") {
		t.Errorf("adopted by one reading alone:\n%s", covered)
	}
}

// TestPolygonsAndLinesThatAReadingCoversAreDrawn says spans over a polygon, one
// too small to have an outline, and a line, adopted by one office, and looks for
// them on that office's map and not on the other's.
func TestPolygonsAndLinesThatAReadingCoversAreDrawn(t *testing.T) {
	h := ownHouse(t)
	at := func(lon, lat int32) truce.Point { return truce.Point{Lon: lon * 1_000_000, Lat: lat * 1_000_000} }
	from, _ := mustZone(t, h).Instant("2016-05-05T00:00")
	when := truce.When{From: from, To: from + 9*truce.Day, Precision: truce.ToMinute}
	for id, area := range map[truce.SpanID]truce.Area{
		"square": {Polygons: [][]truce.Point{{at(370, 350), at(380, 350), at(380, 360), at(370, 360)}}},
		"speck":  {Polygons: [][]truce.Point{{{Lon: 365_000_000, Lat: 345_000_000}, {Lon: 365_000_100, Lat: 345_000_000}, {Lon: 365_000_000, Lat: 345_000_100}}}},
		"axis":   {Line: []truce.Point{at(370, 340), at(380, 345), at(390, 340)}, Metres: 20_000},
	} {
		name := []truce.Text{{Lang: "en", Text: "Calm of the " + string(id)}}
		span := &truce.TruceSpan{ID: id, Name: name, Sort: "calm", Act: "proposed", Parent: "P0", Area: area, When: when, ClaimedBy: "us"}
		if _, err := h.centre.Say(t.Context(), "us", "", span); err != nil {
			t.Fatal(err)
		}
		if _, err := h.centre.Say(t.Context(), "ru", "", &truce.Reading{ID: "ru-" + string(id), About: "span", Adopts: id}); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.centre.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	page := h.get(t, "", "/regime/spread?at=2016-05-06T12:00").Body.String()
	strict(t, "/regime/spread", page)
	house, err := h.centre.View(truce.Viewer{}).House(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	maps := map[string]string{}
	for _, o := range house.CoChairs() {
		_, after, _ := strings.Cut(page, `id="covered-`+string(o.ID)+`hatch"`)
		maps[string(o.ID)], _, _ = strings.Cut(after, "</svg>")
	}
	for what, drawn := range map[string]string{
		"square": `fill-rule="evenodd" d="M`, "speck": `<circle class="m-area"`, "axis": `<path class="m-line"`, "axis's band": `<path class="m-band"`,
	} {
		if !strings.Contains(maps["ru"], drawn) {
			t.Errorf("the map of the office that adopted it lacks the %s: %s", what, drawn)
		}
		if what != "square" && strings.Contains(maps["us"], drawn) {
			t.Errorf("the map of the office that did not adopt it has the %s", what)
		}
	}
	for _, id := range []string{"square", "speck", "axis"} {
		if link := `href="/regime/spread#span-` + id + `"`; !strings.Contains(maps["ru"], link) || strings.Contains(maps["us"], link) {
			t.Errorf("%s is a link on the one map, %v, and on the other, %v", id, strings.Contains(maps["ru"], link), strings.Contains(maps["us"], link))
		}
	}
}

// TestATranslationStandsBesideTheWordsAndIsReadByWhoReadsThem holds that a
// translation opens nothing that was closed.
func TestATranslationStandsBesideTheWordsAndIsReadByWhoReadsThem(t *testing.T) {
	h := ownHouse(t)
	for _, marking := range []string{"amber", "clear"} {
		n := h.centre.Record().Size()
		form := url.Values{"text": {"Nothing was heard at the mill."}, "publisher": {"Example"}, "lang": {"en"}, "channel": {"letter"}, "marking": {marking}, "do": {"file"}}
		if w := h.post(t, "un", "/intake/article", form); w.Code != 303 {
			t.Fatal(w.Code)
		}
		address := "/record/" + strconv.FormatInt(n, 10)
		tr := url.Values{"field": {"body.text"}, "from": {"en"}, "to": {"ar"}, "text": {"لم يُسمع شيء عند الطاحونة."}, "authentic": {"en"}}
		if w := h.post(t, "un", address+"/translate", tr); w.Code != 303 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		page := h.get(t, "ru", address).Body.String()
		strict(t, address, page)
		for _, want := range []string{"Nothing was heard at the mill.", "لم يُسمع شيء عند الطاحونة.", "this text holds", "Translated by"} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: %q is not beside the words", marking, want)
			}
		}
		all, err := mediator(h).Statements(t.Context(), picture.StatementFilter{Kinds: []truce.Kind{"translation"}, Limit: 1})
		if err != nil || len(all) != 1 || string(all[0].Marking) != marking {
			t.Errorf("the translation of %s words is marked %+v: %v", marking, all[0].Marking, err)
		}
		if got := h.get(t, "", "/record/"+strconv.FormatInt(all[0].Index, 10)).Code; got != pick(marking == "clear", 200, 404) {
			t.Errorf("the public reads the translation of %s words: %d", marking, got)
		}
		for name, change := range map[string]url.Values{"no text": {"field": {"body.marking.x"}}, "the same language": {"to": {"en"}}, "no words": {"text": {" "}}} {
			bad := url.Values{}
			for k, v := range tr {
				bad[k] = v
			}
			for k, v := range change {
				bad[k] = v
			}
			if w := h.post(t, "un", address+"/translate", bad); w.Code != 422 {
				t.Errorf("%s: %d", name, w.Code)
			}
		}
	}
}

func TestAnOfficeRevokesAKeyOfItsOwn(t *testing.T) {
	h := ownHouse(t)
	page := h.get(t, "us", "/offices").Body.String()
	strict(t, "/offices", page)
	id := regexp.MustCompile(`<option value="([0-9a-f]{16})">`).FindStringSubmatch(page)
	if id == nil {
		t.Fatal("no key of the office is offered")
	}
	if w := h.post(t, "us", "/offices", url.Values{"key": {id[1]}}); w.Code != 422 || !strings.Contains(w.Body.String(), "says why") {
		t.Errorf("without a reason: %d", w.Code)
	}
	if w := h.post(t, "ru", "/offices", url.Values{"key": {id[1]}, "why": {"x"}, "emergency": {"yes"}}); w.Code != 403 {
		t.Errorf("another office revokes it: %d", w.Code)
	}
	if w := h.post(t, "us", "/offices", url.Values{"key": {id[1]}, "why": {"lost"}, "emergency": {"yes"}}); w.Code != 303 {
		t.Fatalf("%d %s", w.Code, faultOf(w.Body.String()))
	}
	_, body := newest(t, h)
	if k, ok := body.(*truce.KeyAct); !ok || k.Act != truce.Revoke || !k.Emergency || k.Why != "lost" {
		t.Errorf("said %+v", body)
	}
	h.rootsRevoke(t)
}

// rootsRevoke has two of three roots end a key of another office, and looks at
// what the page says after each.
func (h *testHouse) rootsRevoke(t *testing.T) {
	t.Helper()
	stolen := truce.KeyIDOf(testKey("un office").Public().(ed25519.PublicKey))
	row := func() string {
		t.Helper()
		for line := range strings.Lines(h.get(t, "", "/offices?f=csv&table=office-keys").Body.String()) {
			if strings.Contains(line, string(stolen)) {
				return line
			}
		}
		t.Fatal("the page has no such key")
		return ""
	}
	for i, office := range []truce.OfficeID{"centre", "ru"} {
		body := &truce.KeyAct{Act: truce.Revoke, Office: "un", Key: stolen, Why: "stolen", Emergency: true}
		e, err := truce.Seal(truce.NewStatement(testOrigin, "founding", office, "", truce.At(h.clock.now())+truce.Instant(i), body), testKey(string(office)+" root"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.centre.Submit(t.Context(), e.Bytes()); err != nil {
			t.Fatal(err)
		}
		if err := h.centre.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := row(); strings.Contains(got, "1 of 2 roots") != (i == 0) || strings.Contains(got, fmt.Sprint("S ", h.centre.Record().Size()-1)) != (i == 1) {
			t.Errorf("after %d roots the page says %s", i+1, got)
		}
	}
}
