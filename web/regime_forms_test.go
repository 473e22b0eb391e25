package web

import (
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/marchday/marchday/truce"
)

// TestWhatARegimeRestsOnIsSaidByForms fills each form of the regime's page, and
// reads what went on the record.
func TestWhatARegimeRestsOnIsSaidByForms(t *testing.T) {
	h := ownHouse(t)
	strict(t, "/regime/say", h.get(t, "un", "/regime/say").Body.String())
	text := func(s string) []truce.Text { return []truce.Text{{Lang: "en", Text: s}} }
	say := func(kind string, answers ...string) (int, string) {
		form := url.Values{"kind": {kind}}
		for i := 0; i+1 < len(answers); i += 2 {
			form.Set(kind+"-"+answers[i], answers[i+1])
		}
		w := h.post(t, "un", "/regime/say", form)
		return w.Code, w.Body.String()
	}
	for _, c := range []struct {
		kind    string
		answers []string
		want    truce.Body
	}{
		{"instrument", []string{"id", "I9", "name", "Declaration of the north", "parties", "hnc\n\n", "url", "https://example.org/i9"},
			&truce.Instrument{ID: "I9", Name: text("Declaration of the north"), Parties: []truce.ActorID{"hnc"}, URL: "https://example.org/i9"}},
		{"actor", []string{"id", "northern-front", "name", "Northern Front", "sort", "armed-group", "labels", "the Front\nNF"},
			&truce.Actor{ID: "northern-front", Name: text("Northern Front"), Sort: "armed-group", Labels: []string{"the Front", "NF"}}},
		{"term", []string{"id", "T99", "instrument", "I9", "summary", "No shells on the north.", "modality", "prohibit", "acts", "shelling", "duty_bearers", "accepting\nnorthern-front", "exceptions", "T98: under_attack, proportionate"},
			&truce.Term{ID: "T99", Instrument: "I9", Summary: text("No shells on the north."), Modality: truce.Prohibit, Acts: []string{"shelling"}, DutyBearers: []truce.ActorID{"accepting", "northern-front"},
				Exceptions: []truce.Exception{{Term: "T98", Premises: []string{"under_attack", "proportionate"}}}}},
		{"acceptance", []string{"actor", "northern-front", "under", "I9", "through", "us", "notified", "no", "claimed_by", "us", "doubtful", "yes"},
			&truce.Acceptance{Actor: "northern-front", Under: "I9", Through: "us", Notified: truce.No, ClaimedBy: "us", Doubtful: true}},
		{"membership", []string{"actor", "northern-front", "coalition", "hnc", "leads", "yes", "claimed_by", "un"},
			&truce.Membership{Actor: "northern-front", Coalition: "hnc", Leads: true, ClaimedBy: "un"}},
		{"designation", []string{"actor", "northern-front", "by", "un", "under", "I9"},
			&truce.Designation{Actor: "northern-front", By: "un", Under: "I9"}},
	} {
		if code, page := say(c.kind, c.answers...); code != 303 {
			t.Errorf("%s: %d: %s", c.kind, code, faultOf(page))
			continue
		}
		if _, body := newest(t, h); !reflect.DeepEqual(body, c.want) {
			t.Errorf("%s on the record:\n%+v\nwant\n%+v", c.kind, body, c.want)
		}
	}
	if code, page := say("coverage", "span", "P0", "place", "SY-HL", "claimed_by", "us"); code != 303 {
		t.Errorf("coverage: %d: %s", code, faultOf(page))
	} else if _, body := newest(t, h); body.(*truce.Coverage).Area.Places[0].Place != "SY-HL" {
		t.Errorf("coverage on the record: %+v", body)
	}
	size := h.centre.Record().Size()
	for kind, answers := range map[string][]string{
		"term":       {"id", "T100", "instrument", "I9", "summary", "x", "modality", "prohibit", "duty_bearers", "anyone", "exceptions", "no colon"},
		"acceptance": {"number", "many", "under", "I9", "claimed_by", "us"},
		"actor":      {"id", "anyone", "name", "x", "sort", "state"},
		"coverage":   {"span", "P0", "claimed_by", "us"},
		"bulletin":   {"id", "x"},
	} {
		if code, page := say(kind, answers...); code != 422 || !strings.Contains(page, `class="faults"`) {
			t.Errorf("%s: %d, a fault is to be told", kind, code)
		}
	}
	if got := h.centre.Record().Size(); got != size {
		t.Errorf("%d refused statements are on the record", got-size)
	}
}
