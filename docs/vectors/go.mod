module github.com/docketlog/docket/docs/vectors

go 1.26.0
