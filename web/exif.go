package web

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"strings"
)

// exif is what a camera wrote into a photo, as far as an analyst compares it
// with the report: the camera's clock has no zone, and anybody can write it.
type exif struct {
	Taken    string // as written: 2016:05-04 style turned into 2016-05-04T12:00
	Make     string
	Model    string
	Software string
	Lat, Lon json.Number // decimal degrees; "" where there is none
}

func (e exif) empty() bool { return e == exif{} }

// maxTags bounds the tags that are read of one directory.
const maxTags = 512

// readEXIF reads the few tags of a JPEG that we show. What it cannot read it
// leaves out: a photo is evidence with or without it.
func readEXIF(jpeg []byte) exif {
	var e exif
	t := tiffOf(jpeg)
	if t.b == nil {
		return e
	}
	first := t.u32(4)
	dirs := map[uint16]uint32{}
	t.each(first, func(tag uint16, at int) {
		switch tag {
		case 0x010f:
			e.Make = t.text(at)
		case 0x0110:
			e.Model = t.text(at)
		case 0x0131:
			e.Software = t.text(at)
		case 0x0132:
			e.Taken = t.text(at)
		case 0x8769, 0x8825: // the camera's own directory, and the place's
			dirs[tag] = t.u32(at + 8)
		}
	})
	t.each(dirs[0x8769], func(tag uint16, at int) {
		if tag == 0x9003 {
			e.Taken = t.text(at)
		}
	})
	e.Taken = isoTaken(e.Taken)
	south, west := false, false
	t.each(dirs[0x8825], func(tag uint16, at int) {
		switch tag {
		case 1:
			south = t.text(at) == "S"
		case 2:
			e.Lat = t.degrees(at)
		case 3:
			west = t.text(at) == "W"
		case 4:
			e.Lon = t.degrees(at)
		}
	})
	if south && e.Lat != "" {
		e.Lat = "-" + e.Lat
	}
	if west && e.Lon != "" {
		e.Lon = "-" + e.Lon
	}
	return e
}

// isoTaken turns 2016:05:04 12:30:00 into 2016-05-04T12:30:00.
func isoTaken(s string) string {
	day, hour, ok := strings.Cut(s, " ")
	if !ok || len(day) != 10 || len(hour) != 8 {
		return ""
	}
	return strings.ReplaceAll(day, ":", "-") + "T" + hour
}

// tiff is the block of a photo that holds the tags. Reading beyond it gives 0.
type tiff struct {
	b     []byte
	order binary.ByteOrder
}

// tiffOf finds the block among a JPEG's segments.
func tiffOf(jpeg []byte) tiff {
	if !bytes.HasPrefix(jpeg, []byte{0xff, 0xd8}) {
		return tiff{}
	}
	for at := 2; at+4 <= len(jpeg) && jpeg[at] == 0xff && jpeg[at+1] != 0xda; {
		n := int(binary.BigEndian.Uint16(jpeg[at+2:]))
		if n < 2 || at+2+n > len(jpeg) {
			return tiff{}
		}
		body, is := bytes.CutPrefix(jpeg[at+4:at+2+n], []byte("Exif\x00\x00"))
		if is && jpeg[at+1] == 0xe1 && len(body) > 8 {
			switch string(body[:4]) {
			case "II*\x00":
				return tiff{body, binary.LittleEndian}
			case "MM\x00*":
				return tiff{body, binary.BigEndian}
			}
		}
		at += 2 + n
	}
	return tiff{}
}

func (t tiff) u16(at int) uint16 {
	if at < 0 || at+2 > len(t.b) {
		return 0
	}
	return t.order.Uint16(t.b[at:])
}

func (t tiff) u32(at int) uint32 {
	if at < 0 || at+4 > len(t.b) {
		return 0
	}
	return t.order.Uint32(t.b[at:])
}

// each calls for every tag of a directory with the place of its 12 bytes.
func (t tiff) each(dir uint32, do func(tag uint16, at int)) {
	if dir == 0 || int64(dir) >= int64(len(t.b)) {
		return
	}
	for i := range min(int(t.u16(int(dir))), maxTags) {
		at := int(dir) + 2 + 12*i
		if at+12 > len(t.b) {
			return
		}
		do(t.u16(at), at)
	}
}

// text reads an ASCII tag, at most 64 letters of it.
func (t tiff) text(at int) string {
	const ascii, maxText = 2, 64
	n := int64(t.u32(at + 4))
	if t.u16(at+2) != ascii || n == 0 {
		return ""
	}
	from := int64(at + 8)
	if n > 4 {
		from = int64(t.u32(at + 8))
	}
	if from+n > int64(len(t.b)) {
		return ""
	}
	s, _, _ := strings.Cut(string(t.b[from:from+n]), "\x00")
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s[:min(len(s), maxText)])
}

// degrees reads three fractions as decimal degrees.
func (t tiff) degrees(at int) json.Number {
	const rational = 5
	from := int64(t.u32(at + 8))
	if t.u16(at+2) != rational || t.u32(at+4) != 3 || from+24 > int64(len(t.b)) {
		return ""
	}
	var e7 int64
	for i, part := range []int64{1, 60, 3600} {
		over, under := int64(t.u32(int(from)+8*i)), int64(t.u32(int(from)+8*i+4))
		if under == 0 || over/under > 180 {
			return ""
		}
		e7 += over * (degree / 10) / under * 10 / part
	}
	if e7 > 180*degree {
		return ""
	}
	return exactDegrees(int32(e7)) // bounded above
}
