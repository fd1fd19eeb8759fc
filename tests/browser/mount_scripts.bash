# What the conformance suite of host mounts does in each tree: each script begins in an empty directory. What they say
# must be the same everywhere, but for those marked with "!", whose words test_mounts.py has. TMP is somewhere else.

## create
echo one > a
cat a
: > empty
stat -c '%n %s %F' a empty
ls

## create exclusively
set -o noclobber
echo a > f
echo b > f
echo $?
cat f

## append
echo a > f
echo b >> f
for i in 1 2 3; do echo $i >> f; done
cat f
wc -c < f

## overwrite
echo a long line > f
echo short > f
cat f
printf XY 1<> f
cat f

## overwrite within
seq 20000 > f
printf XXXX | dd of=f bs=1 seek=50000 conv=notrunc status=none
md5sum f

## two writers
(echo a; echo b) > f & (echo c; echo d) > g
wait
cat f g

## truncate
seq 100 > f
truncate -s 10 f
cat f
truncate -s 20 f
od -c f
: > f
wc -c f

## truncate, then zeros
yes | head -c 300000 > f
truncate -s 5 f
truncate -s 300000 f
md5sum f
sleep 1.2
md5sum f

## rename
echo a > f
mv f g
cat g
ls
mv f h
echo $?

## rename over
echo a > f
echo b > g
mv f g
cat g
ls

## rename into a directory
mkdir d
echo a > f
mv f d
cat d/f
mv d/f d/g
ls d
mv -n d/g d/g
ls . d

## rename a directory
mkdir -p d/e
echo x > d/e/f
mv d n
cat n/e/f
ls -R
echo y > n/e/f
cat n/e/f

## rename a directory over others
mkdir a b c
echo x > c/f
mv -T a b
ls
mv -T b c
echo $?
ls -R

## rename kinds that do not fit
mkdir d
: > f
mv -T f d
mv -T d f
mv d d/e
ls

## rename while open
exec 3> f
echo a >&3
mv f g
echo b >&3
exec 3>&-
cat g
ls

## mkdir
mkdir -p a/b/c
mkdir a
echo $?
mkdir x/y
echo $?
rmdir a
rmdir a/b/c
ls -R

## rm -r
mkdir -p a/b/{c,d,e}
for i in 1 2 3; do echo $i > a/b/c/$i; done
rm -r a
ls
rm -r a
rm -f a
echo $?

## rm
echo a > f
mkdir d
rm d
rm f
ls
rmdir f
: > g
rmdir g
unlink g
ls

## unlinked, and open
seq 30000 > f
exec 3< f
rm f
md5sum <&3
ls

## written after it was unlinked
exec 3<> f
rm f
echo a >&3
cat /proc/self/fd/3
exec 3>&-
sleep 1.2
ls

## replaced while open
seq 30000 > f
echo new > g
exec 3< f
mv g f
md5sum <&3
cat f

## no such file
cat nothing
cat nothing/more
cd nothing
: > f
cat f/more
ls f/
echo $?

## a thousand files
for ((i = 0; i < 1000; i++)); do :> file$i; done
ls | wc -l
ls -U | sort | md5sum
echo file99* | wc -w
rm file*
ls -A | wc -l

## seek
seq 50000 > f
dd if=f bs=1000 skip=100 count=2 status=none | md5sum
tail -c 20 f
tail -n 3 f
head -c 100 f | md5sum

## beyond the end
printf end | dd of=f bs=1 seek=300000 status=none
stat -c %s f
md5sum f
od -c f | tail -n 3

## sparse
truncate -s 3M f
stat -c %s f
md5sum f
cp f g
cmp f g
cp --sparse=always f h
cmp f h

## sed -i
seq 5 > f
sed -i s/3/three/ f
cat f
sed -i.bak 1d f
ls
cat f.bak

## sort into itself
printf 'c\na\nb\n' > f
sort -o f f
cat f
sort -r f > g
mv g f
cat f

## tee, xargs, find
seq 3 | tee a b > c
find . -type f | sort | xargs cat
find . -name 'a*' -delete
ls
find . -empty

## tar
mkdir -p s/d
seq 100 > s/a
echo x > s/d/b
tar cf t.tar s
mkdir o
tar xf t.tar -C o
diff -r s o/s && tar tf t.tar | sort
tar cf - -C o s | tar xf - -C /dev/null 2>/dev/null
tar czf t.tgz s
tar xzOf t.tgz s/d/b

## cp -r
mkdir -p s/d/e
seq 100 > s/a
echo x > s/d/e/b
cp -r s t
diff -r s t && ls -R t
rm -rf $TMP
cp -r s $TMP
diff -r s $TMP
cp -r $TMP u
diff -r s u
rm -r $TMP
mv u $TMP
diff -r s $TMP
rm -r $TMP
ls

## git
export HOME=$PWD GIT_AUTHOR_DATE=@1 GIT_COMMITTER_DATE=@1
git config --global user.email a@b
git config --global user.name n
git init -q r
cd r
git config core.filemode false
for i in 1 2 3; do echo $i > f$i; git add .; git commit -qm $i; done
git log --format=%H
git mv f1 g
git commit -qam moved
git status --short
git checkout -q HEAD~2
ls
git checkout -q -
git gc -q
git fsck
git log --oneline | wc -l
git -C .. clone -q r s
ls ../s

## concurrent readers
seq 100000 > f
for i in 1 2 3 4 5; do md5sum f & done
wait

## readers of many files
for i in {1..40}; do seq $i > f$i; done
for i in {1..40}; do cat f$i & done | sort -n | md5sum
wait

## long names
n=$(printf 'n%.0s' {1..255})
echo x > $n
cat $n
ls | wc -c
: > ${n}n
echo $?
mkdir $n/x
echo $?

## utf-8 names
mkdir 'größe'
echo ü > 'größe/日本 語'
cat größe/*
ls größe
mv 'größe/日本 語' größe/🎉
cat größe/🎉
find . | sort

## odd names
for n in ' ' '-' '*' 'a b' '"' "'" __proto__ constructor '#%?' .hidden; do echo "$n" > "./$n"; done
ls -A -N
cat ./__proto__ ./constructor './#%?'
rm ./*
ls -A

## times
touch -d @1000000000 f
stat -c %Y f
sleep 1.2
stat -c %Y f
touch -d @1100000000 -a f
stat -c '%X %Y' f
echo > g
[ g -nt f ] && echo newer
cp -p f h
stat -c %Y h

## make's rule
echo a > src
sleep 0.01
cp src out
[ out -nt src ] && echo done
sleep 0.01
echo b > src
[ src -nt out ] && echo again

## inode numbers
echo a > f
a=$(stat -c %i f)
sleep 1.2
b=$(stat -c %i f)
[ $a = $b ] && echo same
mv f g
c=$(stat -c %i g)
[ $a = $c ] && echo kept
ls -di . ..  | awk '{ print NF }'

## working directory
mkdir -p a/b
cd a/b
d=$PWD
pwd | sed s,.*/a,a,
cd ..
pwd -P | sed s,.*/a,a,
mv b c
ls
cd c
rmdir ../c
ls -la
echo $?
: > f
echo $?

## interpreter
printf 'echo run $1\n' > s
bash s one
. ./s two
echo 'BEGIN { print 6 * 7 }' > p
awk -f p

## locks
echo a > f
flock f -c 'cat f'
(flock -n 9 && flock -n f -c 'echo never'; echo $?) 9< f

## fsync
echo a > f
sync f
dd if=/dev/zero of=g bs=1000 count=3 conv=fsync status=none
stat -c %s g
sync
sync -d f
echo $?

## mktemp
f=$(mktemp -p .)
echo x > $f
cat $f
rm $f
d=$(mktemp -d -p .)
rmdir $d
ls

## a large file
head -c 5000000 /dev/zero | tr '\0' x > f
md5sum f
sleep 1.2
md5sum f
tail -c 1000001 f | md5sum
rm f

## sqlite
printf 'create table t(a); insert into t values(1),(2); select sum(a) from t;' | sqlite3 d.db
sqlite3 d.db 'begin; insert into t values(3); commit; pragma integrity_check; select count(*) from t'
ls

## hard links ! EPERM: providers have none
echo a > f
ln f g
echo $?
stat -c %h f

## symbolic links ! EPERM where the provider has no symlink()
ln -s f l
echo $?

## fifos ! EPERM
mkfifo p
echo $?

## permissions ! always 644 and 755; chmod has no effect
umask 77
: > f
chmod 400 f
stat -c %a f
mkdir d
stat -c %a d
: > d/x
echo $?

## execute ! not executable
printf '#!/bin/sh\necho hi\n' > s
chmod +x s
./s
echo $?

## not UTF-8 ! EILSEQ
: > $'\xff'
echo $?

## anonymous
exec 3<> f
cp --reflink=always f g
echo $?
