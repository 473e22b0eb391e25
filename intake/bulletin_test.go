package intake

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"github.com/marchday/marchday/truce"
)

var testZone = truce.Zone{Name: "Test/Zone", Rules: []truce.Transition{{OffsetSeconds: 7200, Abbrev: "TT"}}}

// An invented country, groups and numbers.
const testBulletin = `14.09.2031 (21:40)

Bulletin of the Northern Centre for Truce in the Republic of Alvania (September 14, 2031)

General information on reconciliation

Elders of Lower Dorv (Karsa province) signed a local truce today.
The number of settlements that have joined has reached 12.
The number of armed groups that have signed has remained 7.

Results of monitoring

Within last 24 hours, 6 violations of the truce have been registered (Karsa – 3, Velm, Orod and Tamsa – 1 for each).
Unidentified armed formations fired mortars from Pell, held by the River Brigade, at houses in Hasty (Karsa). A civilian was killed and two ones were wounded.
In the Velm province, fighters of the «Hill Front» fired with a large-caliber machine gun at positions of the government troops near Q'asrin.
The air force of the Republic did not strike formations which keep the truce and informed the Centre about their location.

Aid to the population

Upper Dorv (Karsa province) has received 2 tons of flour.
`

func readBulletin(t *testing.T, text string, is Issue) (truce.Report, []string) {
	t.Helper()
	is.File, is.Publisher, is.Zone = "b.txt", "northern-centre", testZone
	r, warnings, err := Bulletin([]byte(text), is)
	if err != nil {
		t.Fatal(err)
	}
	return r, warnings
}

// brief writes what a report holds on lines that a test can name.
func brief(r truce.Report) string {
	var b strings.Builder
	for _, c := range r.Counts {
		fmt.Fprintf(&b, "count %s %s %d\n", c.What, c.Place, c.N)
	}
	for _, c := range r.Claims {
		fmt.Fprintf(&b, "%s %s", c.Event, c.Form)
		for _, a := range c.Actors {
			fmt.Fprintf(&b, " by[%s]", a.Text)
		}
		for _, a := range c.Targets {
			fmt.Fprintf(&b, " against[%s]", a.Text)
		}
		for _, w := range c.Weapons {
			fmt.Fprintf(&b, " with[%s]", w.ID)
		}
		if c.Object != "" {
			fmt.Fprintf(&b, " object[%s]", c.Object)
		}
		if c.Origin != nil {
			fmt.Fprintf(&b, " from[%s]", c.Origin.Name)
		}
		for _, w := range c.Where {
			fmt.Fprintf(&b, " %s[%s]", w.Relation, w.Name)
		}
		for _, k := range c.Casualties {
			fmt.Fprintf(&b, " %s %d-%d %s %s", k.Kind, k.Low, k.High, k.Qual, k.Status)
		}
		for _, p := range c.Premises {
			fmt.Fprintf(&b, " if[%s]", p.Name)
		}
		if c.Count > 0 {
			fmt.Fprintf(&b, " x%d", c.Count)
		}
		if c.Form != truce.Aggregate && c.Note != "" {
			fmt.Fprintf(&b, " (%s)", c.Note)
		}
		b.WriteString("\n")
	}
	return b.String()
}

const wantedOfBulletin = `count settlements  12
count groups  7
count violations  6
count violations Karsa 3
count violations Velm 1
count violations Orod 1
count violations Tamsa 1
truce_acceptance  in[Lower Dorv] (In the province of Karsa.)
truce_violation aggregate x6
truce_violation aggregate in[Karsa] x3
truce_violation aggregate in[Velm] x1
truce_violation aggregate in[Orod] x1
truce_violation aggregate in[Tamsa] x1
shelling  by[Unidentified armed formations] with[mortar] object[housing] from[Pell] in[Hasty] killed 1-1 exact civilian wounded 2-2 exact civilian (Fired from Pell, held by River Brigade, as the bulletin says. In the province of Karsa.)
gunfire  by[Hill Front] against[positions of the government troops] with[machine_gun] object[position] near[Q'asrin] (In the province of Velm.)
air_strike denial by[air force of the Republic] if[keeps-the-truce] if[location-notified]
aid_delivery  in[Upper Dorv] (2 tons of flour, in the province of Karsa.)
`

func TestABulletinBecomesCountsAndClaims(t *testing.T) {
	r, warnings := readBulletin(t, testBulletin, Issue{})
	if got := brief(r); got != wantedOfBulletin {
		t.Errorf("got\n%swanted\n%s", got, wantedOfBulletin)
	}
	if want := []string{"4 of 6 violations are not told: they become no claims"}; !slices.Equal(warnings, want) {
		t.Errorf("warnings %q", warnings)
	}
	if got := r.Date.String(); got != "2031-09-14T19:40:00Z" {
		t.Errorf("date %s", got)
	}
	for i, c := range r.Claims {
		if c.Speaker("") != "northern-centre" || c.When.From.String() != "2031-09-13T22:00:00Z" {
			t.Errorf("claim %d: speaker %s, from %s", i, c.Speaker(""), c.When.From)
		}
		if c.Clause == nil || int(c.Clause.End) > len(r.Text) || strings.TrimSpace(r.Text[c.Clause.Start:c.Clause.End]) == "" {
			t.Errorf("claim %d names no sentence", i)
		}
	}
}

func TestABulletinIsReadInTheVariantsThatOccur(t *testing.T) {
	replace := func(old, new string) string {
		if !strings.Contains(testBulletin, old) {
			t.Fatalf("%q is not in the example", old)
		}
		return strings.Replace(testBulletin, old, new, 1)
	}
	legacy, err := charmap.Windows1251.NewEncoder().String(testBulletin)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, text, day string
		counts          string // where it differs
	}{
		{"stamp missing", replace("14.09.2031 (21:40)\n\n", ""), "", ""},
		{"date missing in the title", replace(" (September 14, 2031)", ""), "", ""},
		{"both missing, day handed in", strings.Replace(replace(" (September 14, 2031)", ""), "14.09.2031 (21:40)\n", "", 1), "2031-09-14", ""},
		{"hyphens for dashes", strings.ReplaceAll(testBulletin, "–", "-"), "", ""},
		{"no spaces about dashes", strings.ReplaceAll(testBulletin, " – ", "–"), "", ""},
		{"numbers in brackets", replace("(Karsa – 3, Velm, Orod and Tamsa – 1 for each)", "in Karsa (3), Velm (1), Orod (1), Tamsa (1)"), "", ""},
		{"the course of the last hours", replace("Within last 24 hours", "In the course of last 24 hours"), "", ""},
		{"number as a word", replace("6 violations", "six violations"), "", ""},
		{"windows-1251", legacy, "", ""},
		{"carriage returns", strings.ReplaceAll(testBulletin, "\n", "\r\n"), "", ""},
		{"other quotes", strings.NewReplacer("«", "“", "»", "”").Replace(testBulletin), "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, warnings := readBulletin(t, c.text, Issue{Day: c.day})
			if got := brief(r); got != wantedOfBulletin {
				t.Errorf("got\n%swanted\n%s", got, wantedOfBulletin)
			}
			if len(warnings) != 1 {
				t.Errorf("warnings %q", warnings)
			}
		})
	}
}

func TestABulletinThatIsNotAtOneWithItselfIsShownAndNotRepaired(t *testing.T) {
	for _, c := range []struct{ name, old, new, warning string }{
		{"a sum that is wrong", "Karsa – 3", "Karsa – 4", "the provinces add up to 7, the header says 6"},
		{"provinces that share no number", "Velm, Orod and Tamsa – 1 for each", "Velm, Orod – 2", "are not clear"},
		{"stamp and title of two days", "14.09.2031", "15.09.2031", "the stamp says 2031-09-15 and the text 2031-09-14"},
		{"more told than counted", "6 violations of the truce have been registered (Karsa – 3, Velm, Orod and Tamsa – 1 for each)", "1 violation of the truce has been registered", "2 acts are told and the header says 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, warnings := readBulletin(t, strings.Replace(testBulletin, c.old, c.new, 1), Issue{})
			if !slices.ContainsFunc(warnings, func(w string) bool { return strings.Contains(w, c.warning) }) {
				t.Errorf("warnings %q lack %q", warnings, c.warning)
			}
			noted := false
			for _, x := range r.Claims {
				noted = noted || x.Form == truce.Aggregate && strings.Contains(x.Note, c.warning)
			}
			if !noted {
				t.Error("the record would not show it")
			}
		})
	}
	r, _ := readBulletin(t, strings.Replace(testBulletin, " (Karsa – 3, Velm, Orod and Tamsa – 1 for each)", "", 1), Issue{})
	if n := len(r.Counts); n != 3 {
		t.Errorf("a total without provinces: %d counts", n)
	}
	if got := Fallen([]truce.StatedCount{{What: "groups", N: 8}, {What: "violations", N: 9}}, r.Counts); len(got) != 1 || !strings.Contains(got[0], "groups fell from 8 to 7") {
		t.Errorf("fallen: %q", got)
	}
}

func TestClockTimesAndAttacksAreCountedApart(t *testing.T) {
	text := strings.Replace(testBulletin, "Unidentified armed formations fired mortars from Pell", "From the side of Pell, 6 attacks with mortars and multiple launch rocket systems were made from 6.25 till 11.30 a.m., and armed formations fired from Pell", 1)
	r, _ := readBulletin(t, text, Issue{})
	i := slices.IndexFunc(r.Claims, func(c truce.Claim) bool { return c.Count == 6 && c.Form == truce.EventClaim })
	if i < 0 {
		t.Fatalf("no claim of six attacks in\n%s", brief(r))
	}
	c := r.Claims[i]
	if c.When.From.String() != "2031-09-14T04:25:00Z" || c.When.To.String() != "2031-09-14T09:30:00Z" || len(c.Weapons) != 2 {
		t.Errorf("%s to %s, %v", c.When.From, c.When.To, c.Weapons)
	}
}

func TestActsAreReadAsBulletinsWordThem(t *testing.T) {
	for _, c := range []struct{ sentence, want string }{
		{"Fighters of the Hill Front attacked a checkpoint of the army near Pell (Karsa).", "attack  by[Fighters of the Hill Front] against[a checkpoint of the army] object[checkpoint] near[Pell] (In the province of Karsa.)"},
		{"Armed groups shelled the village of Hasty (Karsa), killing three civilians and wounding four ones.", "shelling  by[Armed groups] in[Hasty] killed 3-3 exact civilian wounded 4-4 exact civilian (In the province of Karsa.)"},
		{"Unknown groups fired at positions of the army in Orod. No casualties were reported.", "attack  by[Unknown groups] against[positions of the army] object[position] in[Orod] killed 0-0 exact  wounded 0-0 exact "},
		{"A car bomb struck a school in Tamsa, 12 children were wounded.", "bombing  by[A car bomb] with[car_bomb] object[school] in[Tamsa] wounded 12-12 exact "},
	} {
		text := "14.09.2031\nResults of monitoring\nWithin last 24 hours, one violation has been registered.\n" + c.sentence
		r, _ := readBulletin(t, text, Issue{})
		if _, got, _ := strings.Cut(brief(r), "x1\n"); strings.TrimSuffix(got, "\n") != c.want {
			t.Errorf("%q became\n%q, wanted\n%q", c.sentence, got, c.want)
		}
	}
}

func TestABulletinThatCannotBeReadSaysWhy(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"no day", "Results of monitoring\nWithin last 24 hours, 2 violations have been registered.", "b.txt:date"},
		{"no count", "14.09.2031\nAll was well.", "no count of violations"},
		{"a day that is none", "14.13.2031\nWithin last 24 hours, 2 violations have been registered.", "is not a date"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := Bulletin([]byte(c.text), Issue{File: "b.txt", Publisher: "x", Zone: testZone})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q wanted: %v", c.want, err)
			}
		})
	}
}

func FuzzBulletin(f *testing.F) {
	f.Add([]byte(testBulletin))
	f.Add([]byte("14.09.2031\nWithin last 24 hours, 6 violations (A – 3, B and C – 1 for each) (D). fired at from In A killed one."))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, _, err := Bulletin(b, Issue{File: "b", Publisher: "x", Zone: testZone, Day: "2031-09-14"})
		if err != nil {
			if truce.KindOf(err) == "" {
				t.Errorf("an error without a kind: %v", err)
			}
			return
		}
		for _, c := range r.Claims {
			if c.Clause != nil && (c.Clause.Start > c.Clause.End || int(c.Clause.End) > len(r.Text)) {
				t.Errorf("a clause outside the text: %+v", *c.Clause)
			}
		}
	})
}
