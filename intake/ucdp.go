package intake

import (
	"fmt"
	"io"
	"iter"

	"github.com/marchday/marchday/truce"
)

var ucdpColumns = []string{"id", "type_of_violence", "side_a", "side_b", "number_of_sources", "source_article", "where_prec", "where_coordinates", "adm_1", "latitude", "longitude", "country", "event_clarity", "date_prec", "date_start", "date_end", "deaths_civilians", "best", "high", "low"}

// UCDP reads the layout of UCDP's georeferenced events, one report a row: the
// dataset is the speaker. A place known only to a district or less has no
// point; a summary event is an aggregate and joins no incident; low and high
// are the figure's ends, best stands beside them. Edition, such as 24.1 or
// 24.0.9, stands in the report's external id, since a final edition supersedes
// a candidate one. Local days are those of zone.
func UCDP(r io.Reader, file, edition string, zone truce.Zone) iter.Seq2[truce.Report, error] {
	return layout(r, file, "UCDP GED", ucdpColumns, func(c func(string) string) (truce.Report, string, error) {
		claim := truce.Claim{Stance: truce.Reported, Sources: []truce.Source{{Ref: truce.Ref{ID: "ucdp"}, Mode: "document"}}, Lineage: slug(c("source_office"))}
		a, b := truce.Ref{ID: "unknown", Text: c("side_a")}, truce.Ref{ID: "unknown", Text: c("side_b")}
		switch c("type_of_violence") {
		case "1", "2":
			claim.Event, claim.Actors, claim.Reciprocal = "clash", []truce.Ref{a, b}, true
		case "3":
			claim.Event, claim.Actors, claim.Targets = "killing", []truce.Ref{a}, []truce.Ref{b}
		default:
			return truce.Report{}, "type_of_violence", invalid("write 1 for state-based, 2 for non-state or 3 for one-sided violence")
		}
		switch c("event_clarity") {
		case "1":
		case "2":
			claim.Form = truce.Aggregate
		default:
			return truce.Report{}, "event_clarity", invalid("write 1 for a clear event or 2 for a summary")
		}
		var field string
		var err error
		if claim.When, field, err = ucdpTime(c, zone); err != nil {
			return truce.Report{}, field, err
		}
		w, field, err := placed(c, "latitude", "longitude", c("where_prec"), map[string]int32{"1": 2000, "2": 25_000, "3": 0, "4": 0, "5": 0, "6": 0, "7": 0})
		if err != nil {
			return truce.Report{}, field, err
		}
		w.Name, w.Class = c("where_coordinates"), "town"
		switch c("where_prec") {
		case "3", "4", "5":
			w.Name, w.Class = c("adm_1"), "adm1"
		case "6", "7":
			w.Name, w.Class = c("country"), "country"
		}
		claim.Where = []truce.Where{w}
		if claim.Casualties, field, err = ucdpDeaths(c); err != nil {
			return truce.Report{}, field, err
		}
		if n, err := whole(c("number_of_sources")); err == nil && n > 0 {
			claim.Note = fmt.Sprintf("%d sources, as the dataset counts them.", n)
		}
		return truce.Report{
			Channel: "dataset", Publisher: "ucdp", Title: c("source_headline"), External: "ucdp:" + c("id") + ":" + edition, Claims: []truce.Claim{claim},
		}, "", nil
	})
}

func ucdpTime(c func(string) string, zone truce.Zone) (w truce.When, field string, err error) {
	precision, ok := map[string]truce.Precision{"1": truce.ToDay, "2": truce.ToDays, "3": truce.ToWeeks, "4": truce.ToMonth, "5": truce.ToYear}[c("date_prec")]
	if !ok {
		return w, "date_prec", invalid("write 1 for a day to 5 for a year")
	}
	bounds := [2]truce.Instant{}
	for i, name := range []string{"date_start", "date_end"} {
		text := c(name)
		if len(text) > 10 && (text[10] == ' ' || text[10] == 'T') {
			text = text[:10] // midnight stands behind every day
		}
		day, err := date(text, "")
		if err != nil {
			return w, name, err
		}
		from, to, err := zone.DayBounds(day)
		if err != nil {
			return w, name, err
		}
		bounds[i] = []truce.Instant{from, to}[i]
	}
	if bounds[1] <= bounds[0] {
		return w, "date_end", invalid("ends before it begins: mend one of the days")
	}
	return truce.When{From: bounds[0], To: bounds[1], Precision: precision}, "", nil
}

// ucdpDeaths reads the figure's three values, and the civilians among them.
func ucdpDeaths(c func(string) string) ([]truce.Casualty, string, error) {
	n := map[string]int32{}
	for _, name := range []string{"low", "best", "high", "deaths_civilians"} {
		var err error
		if n[name], err = whole(c(name)); err != nil {
			return nil, name, err
		}
	}
	if n["low"] > n["best"] || n["best"] > n["high"] || n["low"] < 0 {
		return nil, "best", invalid("low, best and high do not stand in order")
	}
	all := []truce.Casualty{{Kind: truce.Killed, Low: n["low"], High: n["high"], Qual: "range", Text: fmt.Sprintf("low %d, best %d, high %d", n["low"], n["best"], n["high"])}}
	if k := n["deaths_civilians"]; k > 0 {
		all = append(all, truce.Casualty{Kind: truce.Killed, Low: k, High: k, Qual: "reported", Who: "civilians", Status: "civilian", Part: true})
	}
	return all, "", nil
}
