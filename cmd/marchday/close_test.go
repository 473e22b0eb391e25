package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// TestAnErratumNamesTheBulletinThatItCorrects publishes one to a day of the
// founding case, and one to that.
func TestAnErratumNamesTheBulletinThatItCorrects(t *testing.T) {
	dir := demoCopy(t)
	first := bulletinsOf(t, dir, "2016-05-05")
	if len(first) != 1 {
		t.Fatalf("%d bulletins of the day", len(first))
	}
	if out := mustRun(t, "close", "--data", dir, "--day", "2016-05-05"); !strings.Contains(out, "closed") {
		t.Error(out)
	}
	for n, why := range []string{"a source was counted twice", "a place was wrong"} {
		mustRun(t, "close", "--data", dir, "--day", "2016-05-05", "--erratum", why)
		all := bulletinsOf(t, dir, "2016-05-05")
		if len(all) != n+2 {
			t.Fatalf("%d bulletins of the day after %d errata", len(all), n+1)
		}
		newest, old := all[0], all[1]
		var b truce.Bulletin
		body, err := newest.Body()
		if err != nil {
			t.Fatal(err)
		}
		b = *body.(*truce.Bulletin)
		if b.Errata != old.ID || b.Why != why || len(b.Editions) == 0 {
			t.Errorf("the erratum says %q of %s, want %q of %s", b.Why, b.Errata.Short(), why, old.ID.Short())
		}
	}
	var daily struct {
		Errata struct{ Bulletins []struct{ Why string } }
	}
	if err := json.Unmarshal([]byte(mustRun(t, "report", "daily", "--data", dir, "--date", "2016-05-05", "--format", "json")), &daily); err != nil {
		t.Error(err)
	}
	for args, code := range map[string]int{"--day 2016-05-05 --erratum=": exitWrong, "--day 2020-01-01": exitWrong, "--day 2016-02-20 --erratum=x": exitWrong, "--erratum=x": exitUsage} {
		if got, _, errs := command(t, append([]string{"close", "--data", dir}, strings.Fields(args)...)...); got != code {
			t.Errorf("close %s: exit %d, want %d: %s", args, got, code, errs)
		}
	}
}

func bulletinsOf(t *testing.T, dir, day string) []picture.Statement {
	t.Helper()
	h, err := openHome(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := h.open(t.Context(), h.clock(time.Now), true)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, err := c.View(truce.Viewer{}).Statements(t.Context(), picture.StatementFilter{Kinds: []truce.Kind{"bulletin"}, Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	var of []picture.Statement
	for _, s := range all {
		if s.Name == day {
			of = append(of, s)
		}
	}
	return of
}
