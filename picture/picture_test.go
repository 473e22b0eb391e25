package picture

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/marchday/marchday/truce"
)

func openTest(t *testing.T) *Picture {
	t.Helper()
	p, err := Open(t.Context(), filepath.Join(t.TempDir(), "picture.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func ref(n byte) truce.ClaimRef {
	return truce.ClaimRef{Statement: truce.Digest{n}, At: uint32(n), Family: "shelling"}
}

// everyRow has at least one row for every digested table.
func everyRow() []Row {
	incident := func(n byte, level, upto truce.Marking) Incident {
		return Incident{
			ID: ref(n), Index: int64(n), Level: level, Upto: upto, Event: "shelling", Status: Pending, Agree: true, Day: "2016-05-05",
			When:  truce.When{From: truce.Instant(1_000_000 + int(n)), Precision: truce.ToDay},
			Where: truce.Where{Place: "p", Within: []truce.PlaceID{"XV-A", "XV"}, Point: &truce.Point{Lon: 10, Lat: 20}},
		}
	}
	claim := func(n byte, m truce.Marking) Claim {
		return Claim{Ref: ref(n), Index: int64(n), Incident: ref(1), Marking: m, Speaker: "s", Lineage: "s", Claim: truce.Claim{Event: "shelling", Note: "mill by the river"}}
	}
	return []Row{
		House{Origin: "o", Regime: "r", Offices: []truce.Office{{ID: "a", Role: truce.CoChair}}},
		Statement{Index: 1, ID: truce.Digest{1}, Kind: "report", Group: truce.GroupIntake, Office: "a", Marking: truce.Clear, GoneAt: -1, Payload: "{}"},
		Statement{Index: 2, ID: truce.Digest{2}, Kind: "report", Group: truce.GroupIntake, Office: "a", Marking: truce.Amber, GoneAt: -1, Payload: "{}"},
		Statement{Index: 3, ID: truce.Digest{3}, Kind: "notice", Group: truce.GroupDocket, Office: "a", Marking: truce.Amber.For("l"), GoneAt: -1, Payload: "{}"},
		Cite{Target: truce.Digest{1}, Index: 2, Marking: truce.Clear},
		claim(1, truce.Clear), claim(2, truce.Amber),
		incident(1, truce.Clear, truce.Green), incident(1, truce.Amber, truce.Amber), incident(2, truce.Amber, truce.Amber), incident(3, truce.Clear, truce.Amber),
		Reassessed{Index: 2, Incident: ref(1), Level: truce.Clear, Upto: truce.Amber, Office: "a", Before: truce.Insufficient, After: truce.Prohibited},
		Alias{Old: ref(9), New: ref(1)},
		Case{Index: 2, ID: truce.Digest{2}, File: truce.CaseFile{Number: 1, OpenedBy: "a"}},
	}
}

func TestEveryRowOfEveryTableIsInTheDigest(t *testing.T) {
	ctx := t.Context()
	p := openTest(t)
	if err := p.Fold(ctx, everyRow(), Position{Size: 5, Root: truce.Digest{5}}); err != nil {
		t.Fatal(err)
	}
	before, err := p.Digest(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range digested {
		rows, err := p.write.QueryContext(ctx, "SELECT name FROM pragma_table_info('"+table[0]+"')")
		if err != nil {
			t.Fatal(err)
		}
		var cols []string
		for rows.Next() {
			var c string
			if err := rows.Scan(&c); err != nil {
				t.Fatal(err)
			}
			cols = append(cols, c)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
		for _, col := range cols {
			tx, err := p.write.BeginTx(ctx, nil)
			if err != nil {
				t.Fatal(err)
			}
			// one row, one column, another value of the same type
			q := "UPDATE " + table[0] + " SET " + col + " = CASE typeof(" + col + ") WHEN 'integer' THEN " + col + " + 7000 ELSE " + col + " || 'x' END WHERE (" + table[1] + ") = (SELECT " + table[1] + " FROM " + table[0] + " LIMIT 1)"
			if table[0] == "position" && col == "one" || table[0] == "house" && col == "one" {
				if err := tx.Rollback(); err != nil {
					t.Fatal(err)
				}
				continue // a CHECK holds it at 1
			}
			if _, err := tx.ExecContext(ctx, q); err != nil {
				t.Fatalf("%s.%s: %v", table[0], col, err)
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			after, err := p.Digest(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if after == before {
				t.Errorf("%s.%s changed and the digest did not", table[0], col)
			}
			before = after
		}
	}
}

func TestNoReaderSeesAboveItsLevel(t *testing.T) {
	ctx := t.Context()
	p := openTest(t)
	if err := p.Fold(ctx, everyRow(), Position{Size: 5, Root: truce.Digest{5}}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name                          string
		viewer                        truce.Viewer
		statements, incidents, claims int
		opener                        truce.OfficeID
	}{
		{"the public", truce.Viewer{}, 1, 2, 1, ""},
		{"a monitor", truce.Viewer{Office: "m", Role: truce.Monitor}, 1, 2, 1, ""},
		{"the liaison who is told", truce.Viewer{Office: "l", Role: truce.Liaison}, 2, 2, 1, ""},
		{"another liaison", truce.Viewer{Office: "k", Role: truce.Liaison}, 1, 2, 1, ""},
		{"a co-chair", truce.Viewer{Office: "a", Role: truce.CoChair}, 3, 3, 2, "a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := p.View(c.viewer, -1, 0)
			all, err := v.Statements(ctx, StatementFilter{})
			if err != nil || len(all) != c.statements {
				t.Errorf("%d statements, not %d: %v", len(all), c.statements, err)
			}
			in, _, err := v.Incidents(ctx, Filter{})
			if err != nil || len(in) != c.incidents {
				t.Errorf("%d incidents, not %d: %v", len(in), c.incidents, err)
			}
			n, err := v.CountIncidents(ctx, Filter{})
			if err != nil || n != c.incidents {
				t.Errorf("counted %d, not %d: %v", n, c.incidents, err)
			}
			claims, err := v.Claims(ctx, ref(1))
			if err != nil || len(claims) != c.claims {
				t.Errorf("%d claims, not %d: %v", len(claims), c.claims, err)
			}
			found, err := v.Search(ctx, "river mill", 0)
			if err != nil || len(found) != c.claims {
				t.Errorf("found %d claims, not %d: %v", len(found), c.claims, err)
			}
			cases, err := v.Cases(ctx)
			if err != nil || len(cases) != 1 || cases[0].File.OpenedBy != c.opener {
				t.Errorf("cases %+v: %v", cases, err)
			}
		})
	}
}

func TestAPageLeadsToTheNextAndNoRowIsLostOrTwice(t *testing.T) {
	ctx := context.Background()
	p := openTest(t)
	var rows []Row
	for n := byte(1); n <= 23; n++ {
		rows = append(rows, Incident{ID: ref(n), Index: int64(n), Level: truce.Clear, Upto: truce.Amber, Status: Pending, When: truce.When{From: truce.Instant(n / 3)}})
	}
	if err := p.Fold(ctx, rows, Position{Size: 24}); err != nil {
		t.Fatal(err)
	}
	for _, oldest := range []bool{false, true} {
		seen := map[truce.IncidentID]bool{}
		f := Filter{Limit: 5, Oldest: oldest}
		for pages := 0; ; pages++ {
			page, next, err := p.View(truce.Viewer{}, -1, 0).Incidents(ctx, f)
			if err != nil || pages > 9 {
				t.Fatal(pages, err)
			}
			for _, i := range page {
				if seen[i.ID] {
					t.Errorf("%s twice", i.ID)
				}
				seen[i.ID] = true
			}
			if next == "" {
				break
			}
			f.After = next
		}
		if len(seen) != 23 {
			t.Errorf("oldest first %v: %d rows of 23", oldest, len(seen))
		}
	}
}

func TestAnOldNameLeadsOnAndATombstoneSaysSo(t *testing.T) {
	ctx := t.Context()
	p := openTest(t)
	if err := p.Fold(ctx, append(everyRow(), Alias{Old: ref(8)}), Position{Size: 5}); err != nil {
		t.Fatal(err)
	}
	v := p.View(truce.Viewer{}, -1, 0)
	if i, err := v.Incident(ctx, ref(9)); err != nil || i.ID != ref(1) {
		t.Errorf("%v %v", i.ID, err)
	}
	if _, err := v.Incident(ctx, ref(8)); truce.KindOf(err) != truce.Unknown {
		t.Errorf("a tombstone: %v", err)
	}
	if _, err := v.Incident(ctx, ref(77)); truce.KindOf(err) != truce.Unknown {
		t.Errorf("nothing of this name: %v", err)
	}
}

func TestAPictureOfAnotherSchemaIsStale(t *testing.T) {
	file := filepath.Join(t.TempDir(), "picture.db")
	p, err := Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.write.ExecContext(t.Context(), "UPDATE position SET schema = schema + 1"); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), file); !errors.Is(err, ErrStale) {
		t.Errorf("opened: %v", err)
	}
}

// What is folded in one go, with later rows of a slot overruling earlier ones,
// is what is folded row by row; the full text too.
func TestRowsThatOverruleOthersFoldAsOneByOne(t *testing.T) {
	ctx := t.Context()
	claim := func(n byte, note string, incident byte, moved bool) Claim {
		return Claim{Ref: ref(n), Index: int64(n), Rests: int64(n), Incident: ref(incident), Marking: truce.Clear, Speaker: "s", Moved: moved, Claim: truce.Claim{Event: "shelling", Note: note}}
	}
	incident := func(n byte, event string) Incident {
		return Incident{ID: ref(n), Level: truce.Clear, Upto: truce.Amber, Event: event, Status: Pending}
	}
	amber := claim(4, "orchard", 4, false)
	amber.Marking = truce.Amber
	batches := [][]Row{
		{
			claim(1, "mill", 1, false), incident(1, "shelling"), claim(1, "mill", 2, true), NoAlias{Old: ref(1)}, NoIncident{ID: ref(1), Level: truce.Clear}, Alias{Old: ref(1), New: ref(2)},
			claim(2, "bridge", 2, false), incident(2, "a"), incident(2, "b"), NoClaim{Ref: ref(2)}, claim(3, "school", 2, false), claim(4, "orchard", 4, false),
		},
		{
			claim(1, "mill", 5, true), NoClaim{Ref: ref(3)}, claim(5, "well", 5, false), Alias{Old: ref(1), New: ref(5)}, NoAlias{Old: ref(1)}, incident(1, "again"), amber, claim(4, "orchard", 1, true),
		},
	}
	one, all := openTest(t), openTest(t)
	for i, rows := range batches {
		to := Position{Size: int64(i + 1)}
		for _, r := range rows {
			if err := one.Fold(ctx, []Row{r}, to); err != nil {
				t.Fatal(err)
			}
		}
		if err := all.Fold(ctx, Lay(rows), to); err != nil {
			t.Fatal(err)
		}
	}
	a, err := one.Digest(ctx)
	if err != nil {
		t.Fatal(err)
	}
	b, err := all.Digest(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if a != b {
		t.Error("rows folded one by one and together give two digests")
	}
	for _, p := range []*Picture{one, all} {
		for word, want := range map[string]string{"mill": ref(1).String(), "bridge": "", "school": "", "orchard": ref(4).String(), "well": ref(5).String()} {
			var got string
			err := p.read.QueryRowContext(ctx, "SELECT coalesce(group_concat(c.ref), '') FROM words w JOIN claim c ON c.rowid = w.rowid AND c.ref = w.ref WHERE words MATCH $1", word).Scan(&got)
			if err != nil || got != want {
				t.Errorf("%q finds %q, %v; want %q", word, got, err, want)
			}
		}
	}
}

// TestAStatementOpensByTimeAndToItsOwnOffice holds that a time that was kept,
// and the reader's own, open a statement, and that who said it reads it again.
func TestAStatementOpensByTimeAndToItsOwnOffice(t *testing.T) {
	ctx := t.Context()
	p := openTest(t)
	if err := p.Fold(ctx, append(everyRow(), Opens{ID: truce.Digest{2}, At: 100}), Position{Size: 5, Root: truce.Digest{5}}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		who  truce.Viewer
		now  truce.Instant
		want bool
	}{
		{truce.Viewer{}, 99, false}, {truce.Viewer{}, 100, true},
		{truce.Viewer{Office: "l", Role: truce.Liaison}, 99, false}, {truce.Viewer{Office: "l", Role: truce.Liaison}, 100, true},
		{truce.Viewer{Office: "a", Role: truce.Monitor}, 99, true}, {truce.Viewer{Office: "un", Role: truce.Mediator}, 99, true},
	} {
		s, err := p.View(c.who, -1, c.now).Statement(ctx, 2)
		if got := err == nil; got != c.want {
			t.Errorf("%q at %d reads it: %v, want %v", c.who.Office, c.now, got, c.want)
		}
		if c.now == 100 && c.who.Office != "un" && s.Marking != truce.Clear {
			t.Errorf("opened, and marked %s", s.Marking)
		}
	}
}
