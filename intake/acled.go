package intake

import (
	"io"
	"iter"
	"strings"
	"time"

	"github.com/marchday/marchday/truce"
)

// acledColumns are those that a row cannot be understood without. The order of
// columns and the codes of inter have changed over the years, so columns are
// found by name and other ones are left alone.
var acledColumns = []string{"event_id_cnty", "event_date", "time_precision", "event_type", "sub_event_type", "actor1", "actor2", "country", "admin1", "location", "latitude", "longitude", "geo_precision", "source", "notes", "fatalities"}

// acledEvents are acts by sub-event, else by event.
var acledEvents = []struct{ name, act, weapon string }{
	{"air/drone strike", "air_strike", ""}, {"shelling/artillery/missile attack", "shelling", ""}, {"remote explosive/landmine/ied", "bombing", "explosive_device"},
	{"suicide bomb", "bombing", "suicide_bomb"}, {"grenade", "attack", "grenade"}, {"chemical weapon", "chemical_attack", "chemical"},
	{"armed clash", "clash", ""}, {"government regains territory", "territory_gained", ""}, {"non-state actor overtakes territory", "territory_gained", ""},
	{"attack", "attack", ""}, {"abduction/forced disappearance", "abduction", ""}, {"sexual violence", "violence_unspecified", ""}, {"mob violence", "violence_unspecified", ""},
	{"excessive force against protesters", "violence_unspecified", ""}, {"arrests", "arrest", ""}, {"agreement", "truce_agreed", ""}, {"non-violent transfer of territory", "territory_gained", ""},
	{"change to group/activity", "troop_movement", ""}, {"headquarters or base established", "troop_movement", ""}, {"looting/property destruction", "violence_unspecified", ""},
	{"disrupted weapons use", "attack", ""}, {"battles", "clash", ""}, {"explosions/remote violence", "bombing", ""}, {"violence against civilians", "attack", ""}, {"riots", "violence_unspecified", ""},
}

// ACLED reads the layout of ACLED's files, one report a row: the dataset is
// the speaker, and what it cites is the lineage. Actors keep their words. The
// two actors stand in no order of guilt, so both are named among those who
// took part. Figures of 0 may mean unknown and are left out. Its terms forbid
// passing rows on, so they are marked amber. Local days are those of zone.
func ACLED(r io.Reader, file string, zone truce.Zone) iter.Seq2[truce.Report, error] {
	return layout(r, file, "ACLED", acledColumns, func(c func(string) string) (truce.Report, string, error) {
		claim := truce.Claim{Event: "violence_unspecified", Stance: truce.Reported, Sources: []truce.Source{{Ref: truce.Ref{ID: "acled"}, Mode: "document"}}, Lineage: slug(c("source"))}
		event, sub := strings.ToLower(c("event_type")), strings.ToLower(c("sub_event_type"))
		known := false
		for _, name := range []string{sub, event} {
			for _, e := range acledEvents {
				if !known && e.name == name {
					claim.Event, known = e.act, true
					if e.weapon != "" {
						claim.Weapons = []truce.Ref{{ID: e.weapon, Text: c("sub_event_type")}}
					}
				}
			}
		}
		if !known && event != "protests" && event != "strategic developments" {
			return truce.Report{}, "event_type", invalid("this event type is not known: a newer release may know it")
		}
		if !known {
			claim.Event = "speech"
		}
		for _, name := range []string{"actor1", "actor2"} {
			if c(name) != "" {
				claim.Actors = append(claim.Actors, truce.Ref{ID: "unknown", Text: c(name)})
			}
		}
		claim.Reciprocal = claim.Event == "clash"
		var field string
		var err error
		if claim.When, field, err = acledTime(c, zone); err != nil {
			return truce.Report{}, field, err
		}
		w, field, err := placed(c, "latitude", "longitude", c("geo_precision"), map[string]int32{"1": 2000, "2": 20_000, "3": 0})
		if err != nil {
			return truce.Report{}, field, err
		}
		w.Name, w.Class = c("location"), "town"
		if c("geo_precision") == "3" {
			w.Name, w.Class = c("admin1"), "adm1"
		}
		claim.Where = []truce.Where{w}
		if n, err := whole(c("fatalities")); err != nil {
			return truce.Report{}, "fatalities", err
		} else if n > 0 {
			claim.Casualties = []truce.Casualty{{Kind: truce.Killed, Low: n, High: n, Qual: "reported"}}
		}
		return truce.Report{
			Channel: "dataset", Publisher: "acled", Text: c("notes"), Lang: "en", External: c("event_id_cnty"),
			Claims: []truce.Claim{claim}, Marking: truce.Amber,
		}, "", nil
	})
}

// acledTime reads the day, the week or the month that is known.
func acledTime(c func(string) string, zone truce.Zone) (truce.When, string, error) {
	day, err := date(c("event_date"), "")
	if err != nil {
		return truce.When{}, "event_date", err
	}
	w, err := dayIn(zone, day, "")
	if err != nil {
		return w, "event_date", err
	}
	switch c("time_precision") {
	case "1":
	case "2": // within the week about it
		w.From, w.To, w.Precision = w.From-3*truce.Day, w.To+3*truce.Day, truce.ToWeeks
	case "3":
		t, _ := time.Parse(time.DateOnly, day) // it was parsed before
		first := t.AddDate(0, 0, 1-t.Day())
		from, _, err1 := zone.DayBounds(first.Format(time.DateOnly))
		to, _, err2 := zone.DayBounds(first.AddDate(0, 1, 0).Format(time.DateOnly))
		if err1 != nil || err2 != nil {
			return w, "event_date", invalid("the month has no bounds in the zone")
		}
		w.From, w.To, w.Precision = from, to, truce.ToMonth
	default:
		return w, "time_precision", invalid("write 1 for a day, 2 for a week or 3 for a month")
	}
	w.Wording = c("event_date")
	return w, "", nil
}

// placed reads a point whose precision says how far off it may be; 0 metres
// means that only an area is known, so the point is dropped.
func placed(c func(string) string, lat, lon, precision string, radii map[string]int32) (truce.Where, string, error) {
	var w truce.Where
	radius, ok := radii[precision]
	if !ok {
		return w, "geo_precision", invalid("the precision of the place is not known: " + clip(precision))
	}
	if radius == 0 {
		return w, "", nil
	}
	var p truce.Point
	var err error
	if p.Lat, err = degrees(c(lat), 90); err != nil {
		return w, lat, err
	}
	if p.Lon, err = degrees(c(lon), 180); err != nil {
		return w, lon, err
	}
	if !p.Valid() {
		return w, lat, invalid("a point at 0, 0 is what an empty field becomes")
	}
	w.Point, w.RadiusMetres = &p, radius
	return w, "", nil
}

// layout reads a table of a known layout; one makes a report of a row, or
// names the column that is wrong.
func layout(r io.Reader, file, name string, need []string, one func(func(string) string) (truce.Report, string, error)) iter.Seq2[truce.Report, error] {
	return func(yield func(truce.Report, error) bool) {
		t, err := openTable(r, file, "", 0)
		if err == nil {
			err = t.missing(name, need)
		}
		if err != nil {
			yield(truce.Report{}, err)
			return
		}
		columns := t.columns()
		for row, err := range t.rows() {
			if err != nil {
				if !yield(truce.Report{}, reject(file, row.line, "", row.text(), unlocated(err))) {
					return
				}
				continue
			}
			cell := func(column string) string {
				if i, ok := columns[column]; ok && i < len(row.fields) {
					return row.fields[i]
				}
				return ""
			}
			report, field, err := one(cell)
			if err == nil {
				err = report.Validate()
			}
			if err != nil {
				report, err = truce.Report{}, reject(file, row.line, field, row.text(), err)
			}
			if !yield(report, err) {
				return
			}
		}
	}
}
