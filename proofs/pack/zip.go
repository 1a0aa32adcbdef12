package pack

import (
	"archive/zip"
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
)

// zipDate is 1 January 1980, the first day that a zip file can name.
const zipDate = 1<<5 | 1

// maxFiles is how many files a pack has at most.
const maxFiles = 2*MaxEntries + MaxHistories + 5

// zipOf gives the one zip file of these files: in their order, stored, without times,
// attributes, comments and data descriptors.
func zipOf(list []file) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range list {
		n := uint64(len(f.data))
		out, err := w.CreateRaw(&zip.FileHeader{
			//lint:ignore SA1019 CreateRaw writes this field as it is, and Modified would add an extra one
			Name: f.name, CreatorVersion: 20, ReaderVersion: 20, Method: zip.Store, ModifiedDate: zipDate,
			CRC32: crc32.ChecksumIEEE(f.data), CompressedSize64: n, UncompressedSize64: n,
		})
		if err != nil {
			return nil, err
		}
		if _, err := out.Write(f.data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if b.Len() > MaxSize {
		return nil, fmt.Errorf("%d bytes: a pack has at most %d", b.Len(), MaxSize)
	}
	return b.Bytes(), nil
}

// unzip takes only what zipOf gives: everything that a zip file could hide, such as a
// second file of one name, bytes between files or a packed one, is in no such file.
// So nothing is ever unpacked, and no more is read than there is.
func unzip(b []byte) ([]file, error) {
	if len(b) > MaxSize {
		return nil, fmt.Errorf("%d bytes: a pack has at most %d", len(b), MaxSize)
	}
	r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	if len(r.File) > maxFiles {
		return nil, fmt.Errorf("%d files: a pack has at most %d", len(r.File), maxFiles)
	}
	var list []file
	left := uint64(len(b))
	for _, f := range r.File {
		if f.Method != zip.Store || f.UncompressedSize64 != f.CompressedSize64 || f.CompressedSize64 > left {
			return nil, fmt.Errorf("%.80q is not stored as it is: a pack has no packed files", f.Name)
		}
		left -= f.CompressedSize64
		data, err := content(f)
		if err != nil {
			return nil, fmt.Errorf("%.80q: %w", f.Name, err)
		}
		list = append(list, file{f.Name, data})
	}
	again, err := zipOf(list)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, b) {
		return nil, fmt.Errorf("not in the one form: stored files in their order, without times, comments and bytes between them")
	}
	return list, nil
}

func content(f *zip.File) ([]byte, error) {
	r, err := f.OpenRaw()
	if err != nil {
		return nil, err
	}
	data := make([]byte, f.CompressedSize64)
	_, err = io.ReadFull(r, data)
	return data, err
}
