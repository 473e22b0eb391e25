package bulletin

import (
	"bytes"
	"context"
	"encoding/csv"
	"flag"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestMain keeps the drawn worlds few, since each is folded into SQLite;
// -rapid.checks asks for more.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "20"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func editions(t testing.TB, in Input) []Edition {
	t.Helper()
	all, err := Editions(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func of(t testing.TB, all []Edition, format, lang string) []byte {
	t.Helper()
	for _, e := range all {
		if e.Format == format && e.Lang == lang {
			return e.Bytes
		}
	}
	t.Fatalf("no edition %s in %q", format, lang)
	return nil
}

func TestGolden(t *testing.T) {
	for _, e := range editions(t, ardland(t).fold()) {
		file := filepath.Join("testdata", e.Name(day))
		if *update {
			if err := os.WriteFile(file, e.Bytes, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(e.Bytes)); diff != "" {
			t.Errorf("%s (go test -update rewrites it):\n%s", file, diff)
		}
	}
}

func TestTheSameInputGivesTheSameBytes(t *testing.T) {
	first, second := editions(t, ardland(t).fold()), editions(t, ardland(t).fold())
	if len(first) != 6 {
		t.Fatalf("%d editions", len(first))
	}
	for i := range first {
		if !bytes.Equal(first[i].Bytes, second[i].Bytes) {
			t.Errorf("%s: two renderings differ", first[i].Name(day))
		}
	}
}

// The columns of incidents add up in every row, and to the incidents listed,
// whatever the rows.
func TestTheColumnsAddUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t, same)
		statuses := []string{picture.Confirmed, picture.Disputed, picture.Rejected, picture.Pending, picture.Outside}
		units := []string{"XD-KA", "XD-MO", "XD-TA", "XD-VE", ""}
		claims := map[string]int{}
		n := rapid.IntRange(0, 25).Draw(rt, "incidents")
		for range n {
			e := event{act: "shelling", at: from + truce.Instant(rapid.IntRange(0, 86399).Draw(rt, "at")), status: rapid.SampledFrom(statuses).Draw(rt, "status"), claims: map[string]int{}}
			if u := rapid.SampledFrom(units).Draw(rt, "unit"); u != "" {
				e.where = unitPlace(u)
			}
			for _, o := range []string{"off-a", "off-b", ""} {
				e.claims[o] = rapid.IntRange(0, 3).Draw(rt, "claims")
				claims[o] += e.claims[o]
			}
			w.incident(e)
		}
		d, err := Compute(context.Background(), w.fold())
		if err != nil {
			rt.Fatal(err)
		}
		known := func(c Count) int { return max(0, int(c)) }
		sum, byOffice := 0, map[string]int{}
		for _, r := range append(slices.Clone(d.Table.Rows), d.Table.All) {
			if got := known(r.Confirmed) + known(r.Disputed) + known(r.Rejected) + known(r.Pending) + known(r.Outside); got != known(r.Incidents) {
				rt.Fatalf("%s: the columns give %d, incidents are %d", r.Unit.ID, got, r.Incidents)
			}
		}
		for _, r := range d.Table.Rows {
			sum += known(r.Incidents)
			for _, c := range r.Claimed {
				byOffice[string(c.Office)] += known(c.N)
			}
			byOffice[""] += known(r.Others)
		}
		if sum != n || known(d.Table.All.Incidents) != n || len(d.Incidents) != n {
			rt.Fatalf("%d incidents: rows give %d, the sum %d, the list %d", n, sum, d.Table.All.Incidents, len(d.Incidents))
		}
		if diff := cmp.Diff(claims, byOffice); n > 0 && diff != "" {
			rt.Fatal(diff)
		}
	})
}

func TestNoneIsZeroOnlyWhereItWasWatched(t *testing.T) {
	row := func(d *Daily, unit string) Row {
		for _, r := range d.Table.Rows {
			if r.Unit.ID == unit {
				return r
			}
		}
		return Row{}
	}
	t.Run("with watches", func(t *testing.T) {
		d, err := Compute(context.Background(), ardland(t).fold())
		if err != nil {
			t.Fatal(err)
		}
		if r := row(d, "XD-TA"); r.Basis != RowWatched || r.Incidents != 0 || r.Others != 0 || r.Watched.Minutes != 1200 || r.Watched.Posts != 2 {
			t.Errorf("watched for 20 of 24 h, nothing reported: %+v", r)
		}
		// a patrol of six hours in one town of Karsa is no watch over Karsa
		if r := row(d, "XD-KA"); r.Basis != RowReported || r.Claimed[0].N != 1 || r.Watched.State != WatchKept || r.Watched.Floor || r.Rejected != 0 {
			t.Errorf("reported, watched in part: %+v", r)
		}
		if r := row(d, "XD-VE"); r.Claimed[1].N != Missing || r.Others != Missing {
			t.Errorf("claimed by one side, not watched: the other side's none is no zero: %+v", r)
		}
	})
	t.Run("without any watch", func(t *testing.T) {
		w := newWorld(t, same)
		w.incident(event{act: "shelling", at: from - 9*truce.Day, where: unitPlace("XD-KA"), status: picture.Pending})
		in := w.fold()
		d, err := Compute(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		r := row(d, "XD-KA")
		if d.Table.Watch != WatchNone || r.Basis != RowNothing || r.Incidents != Missing || r.Claimed[0].N != Missing || d.Table.All.Incidents != Missing {
			t.Errorf("nobody reported, nobody watched: %+v", r)
		}
		page := string(of(t, editions(t, in), "html", "en"))
		if !strings.Contains(page, "Coverage: not recorded") || !strings.Contains(page, `<td class="none" colspan="3">not recorded</td>`) {
			t.Error("the page does not say that coverage is not recorded")
		}
	})
}

func TestWhatAnAudienceMayNotReadIsNotCounted(t *testing.T) {
	w := ardland(t)
	in := w.fold()
	public, err := Compute(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	p, err := picture.Open(ctx, filepath.Join(t.TempDir(), "picture.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close() // only read from now on
	if err := p.Fold(ctx, w.rows, picture.Position{Size: in.Size, Root: in.Root}); err != nil {
		t.Fatal(err)
	}
	in.View = p.View(truce.Viewer{Role: truce.CoChair, Office: "off-a"}, in.Size, to)
	joint, err := Compute(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	if len(public.Incidents) != 4 || len(joint.Incidents) != 5 || public.Head.Audience != truce.Clear || joint.Head.Audience != truce.Amber {
		t.Errorf("public %d of %s, joint %d of %s", len(public.Incidents), public.Head.Audience, len(joint.Incidents), joint.Head.Audience)
	}
}

func TestTheDayAsItMustBeShown(t *testing.T) {
	all := editions(t, ardland(t).fold())
	en, ar := string(of(t, all, "html", "en")), string(of(t, all, "html", "ar"))
	for _, c := range []struct{ name, page, want string }{
		{"the rival clocks, one without a start", en, "begins at different times for those who claim it"},
		{"the missing start", en, "start not stated"},
		{"the label of an invented reading", en, "illustration, nobody's reading"},
		{"the range with its best", en, "Killed: 24 to 99, best 27"},
		{"a missing text", en, "No assessment filed by <bdi>Capital B</bdi>"},
		{"a silence that is no guilt", en, "no reply; recorded as such, and not as guilt"},
		{"a dissent in full", en, "The cause is not established, and so neither is a violation."},
		{"a dissent in the page's own language", ar, "السبب غير ثابت، وكذلك الانتهاك."},
		{"the sum", en, "Confirmed 1 + disputed 1 + rejected 0 + pending 1 + outside the regime 1 = incidents 4."},
		{"the Arabic headline", ar, "<h1>النشرة اليومية، 5 أيار/مايو 2016</h1>"},
		{"right to left", ar, `<html lang="ar" dir="rtl">`},
		{"both zones", en, "4 May 2016, 18:00 EEST (15:00 UTC)"},
		{"the digest of the model", en, truce.DigestOf(of(t, all, "json", "")).String()},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(html.UnescapeString(c.page), c.want) {
				t.Errorf("the page lacks %q", c.want)
			}
		})
	}
	for _, page := range []string{en, ar} {
		if at := strings.Index(page, "{{"); at >= 0 {
			t.Errorf("a key without words: %s", page[at:min(len(page), at+60)])
		}
		if StyleHashOf([]byte(page)) != StyleHash() || strings.Count(page, "<style") != 1 || strings.Contains(page, " style=") {
			t.Error("the style is not the one that the policy would allow")
		}
	}
}

// swapOf exchanges the parties in any text.
func swapOf(s string) string {
	return strings.NewReplacer("off-a", "off-b", "off-b", "off-a", "pty-a", "pty-b", "pty-b", "pty-a", "arm-a", "arm-b", "arm-b", "arm-a",
		"Capital A", "Capital B", "Capital B", "Capital A", "العاصمة أ", "العاصمة ب", "العاصمة ب", "العاصمة أ").Replace(s)
}

// generated is a world of random incidents under two rival clocks.
func generated(t testing.TB, id func(string) string, draw func(label string, n int) int) *world {
	w := newWorld(t, id)
	velm := town("velm-town", "Velm", "فيلم", "XD-VE", 108_000_000, 522_000_000)
	regimeOf(w, velm)
	parties, statuses := []string{"", "arm-a", "arm-b", "exc-x"}, []string{picture.Confirmed, picture.Disputed, picture.Rejected, picture.Pending, picture.Outside}
	for range 1 + draw("incidents", 12) {
		e := event{
			act: []string{"shelling", "air_strike", "arrest"}[draw("act", 3)], at: from + truce.Instant(draw("at", 86400)), where: velm,
			by: parties[draw("by", 4)], against: parties[draw("against", 3)], status: statuses[draw("status", 5)],
			claims: map[string]int{"off-a": draw("a", 4), "off-b": draw("b", 4), "": draw("others", 3)},
		}
		if draw("toll", 2) == 1 {
			e.tolls = []truce.Counted{figure(id("pty-a"), int32(draw("low", 9)), truce.Open, "at-least", e.at, 1), figure(id("pty-b"), int32(draw("exact", 9)), 9, "", e.at, 2)}
		}
		w.incident(e)
	}
	return w
}

func TestSwappedPartiesSwapTheBulletinAndNothingElse(t *testing.T) {
	hash := regexp.MustCompile(`[0-9a-f]{64}`)
	masked := func(d *Daily) string {
		doc, err := d.JSON()
		if err != nil {
			t.Fatal(err)
		}
		return hash.ReplaceAllString(string(doc), "HASH")
	}
	rapid.Check(t, func(rt *rapid.T) {
		var drawn []int
		plain := generated(t, same, func(label string, n int) int {
			k := rapid.IntRange(0, n-1).Draw(rt, label)
			drawn = append(drawn, k)
			return k
		})
		at := 0
		swapped := generated(t, swapOf, func(string, int) int { at++; return drawn[at-1] })
		a, err := Compute(context.Background(), plain.fold())
		if err != nil {
			rt.Fatal(err)
		}
		b, err := Compute(context.Background(), swapped.fold())
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(masked(a), swapOf(masked(b))); diff != "" {
			rt.Fatalf("the bulletin depends on a party's name:\n%s", diff)
		}
		// a constant planted for one party must be found
		for _, d := range []*Daily{a, b} {
			for k := range d.Table.Rows[0].Claimed {
				if d.Table.Rows[0].Claimed[k].Office == "off-a" {
					d.Table.Rows[0].Claimed[k].N += 7
				}
			}
		}
		if masked(a) == swapOf(masked(b)) {
			rt.Fatal("a planted constant was not found")
		}
	})
}

func TestTheTablesAreTidy(t *testing.T) {
	all := editions(t, ardland(t).fold())
	for _, format := range []string{"csv", "incidents.csv"} {
		rows, err := csv.NewReader(bytes.NewReader(of(t, all, format, ""))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for i, tag := range rows[1] {
			if !regexp.MustCompile(`^#[a-z0-9]+(\+[a-z][a-z0-9_]*)*$`).MatchString(tag) {
				t.Errorf("%s: column %s: %q is no HXL tag", format, rows[0][i], tag)
			}
		}
		if want := map[string]int{"csv": 6, "incidents.csv": 6}[format]; len(rows) != want {
			t.Errorf("%s has %d lines, want %d", format, len(rows), want)
		}
	}
	for in, want := range map[string]string{"=1+1": "'=1+1", "@x": "'@x", "Velm": "Velm", "": ""} {
		if got := cell(in); got != want {
			t.Errorf("cell %q gives %q", in, got)
		}
	}
	for in, want := range map[int32]string{0: "0.0", 371_610_000: "37.161", -5: "-0.0000005", 1_800_000_000: "180.0"} {
		if got := decimal(in); got != want {
			t.Errorf("%d gives %s, want %s", in, got, want)
		}
	}
}

// GDAL is somebody else's reader of the GeoJSON edition.
func TestGDALReadsTheGeoJSON(t *testing.T) {
	gdal, err := exec.LookPath("ogrinfo")
	if err != nil {
		t.Skip("ogrinfo is not installed: GDAL's reading of the GeoJSON edition is not checked")
	}
	file := filepath.Join(t.TempDir(), "bulletin.geojson")
	if err := os.WriteFile(file, of(t, editions(t, ardland(t).fold()), "geojson", ""), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(gdal, "-al", "-so", file).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Feature Count: 4") || !strings.Contains(string(out), "killed_low") {
		t.Errorf("%v:\n%s", err, out)
	}
}

func TestInputsThatNoBulletinCanBeMadeOf(t *testing.T) {
	good := ardland(t).fold()
	for name, spoil := range map[string]func(*Input){
		"no view": func(in *Input) { in.View = nil }, "no origin": func(in *Input) { in.Origin = "" }, "no entries": func(in *Input) { in.Size = 0 },
		"an empty period": func(in *Input) { in.To = in.From }, "a sort that is none": func(in *Input) { in.Sort = "weekly" },
		"a language without words": func(in *Input) { in.Langs = []string{"eo"} },
		"a day that is no date":    func(in *Input) { in.Day = "5 May" },
	} {
		t.Run(name, func(t *testing.T) {
			in := good
			spoil(&in)
			if _, err := Editions(context.Background(), in); truce.KindOf(err) != truce.Invalid {
				t.Errorf("error %v", err)
			}
		})
	}
	if _, err := ReadGround([]byte("{")); truce.KindOf(err) != truce.Invalid {
		t.Errorf("a base map that is none: %v", err)
	}
}

func TestThePeriodIsFromCutOffToCutOff(t *testing.T) {
	p := newWorld(t, same).house.Procedure
	got, until, err := Period(p, day)
	if err != nil || got != from || until != to {
		t.Errorf("%s to %s: %v", got, until, err)
	}
	// the clocks went forward on 1 April: 23 hours
	got, until, err = Period(p, "2016-04-01")
	if err != nil || until-got != 23*3600 {
		t.Errorf("%s to %s: %v", got, until, err)
	}
}

func BenchmarkEditions(b *testing.B) {
	in := ardland(b).fold()
	for b.Loop() {
		if _, err := Editions(context.Background(), in); err != nil {
			b.Fatal(err)
		}
	}
}
