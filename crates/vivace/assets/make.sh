#!/bin/sh
# Makes demo.flv; see README.md.
set -eu
fonts=/usr/share/fonts/truetype/dejavu
out=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# A slow gradient, small and scaled up so that it is smooth, with a glow that beats once a second.
glow="*exp(-(pow(X-80\,2)+pow(Y-45\,2))/900)"
beat="exp(-5*mod(T\,1))"
background="color=c=black:s=160x90:r=30:d=8,format=gbrp,geq=\
r='clip(38+30*sin(2*PI*(T/8+X/W*0.55+Y/H*0.2))+26*sin(2*PI*(T/8*2-Y/H*0.4+X/W*0.25))+(26+22*$beat)$glow\,4\,255)':\
g='clip(26+18*sin(2*PI*(T/8-X/W*0.45+Y/H*0.4+0.3))+(14+16*$beat)$glow\,4\,255)':\
b='clip(92+44*sin(2*PI*(T/8+Y/H*0.6-X/W*0.35+0.55))+(40+30*$beat)$glow\,12\,255)',\
scale=640:360:flags=bicubic,format=gbrap"

# A clock of 8 s: a ring with a fading trail, its hand, and eight marks of which the current second's is bright.
clock="color=c=black:s=640x360:r=30:d=8,format=gbrap,geq=r=255:g='214+41*cos(2*PI*T/8)':b='196':\
a='st(0\,hypot(X-320\,Y-180));st(1\,atan2(X-320\,180-Y));st(2\,mod(T/8-ld(1)/(2*PI)+2\,1));\
st(3\,clip(3.2-abs(ld(0)-132)\,0\,1)*(0.16+0.84*pow(1-ld(2)\,3)));\
st(4\,clip(8.5-hypot(X-320-132*sin(2*PI*T/8)\,Y-180+132*cos(2*PI*T/8))\,0\,1));\
st(5\,round(ld(1)*4/PI)*PI/4);\
st(6\,clip(3.2-hypot(X-320-152*sin(ld(5))\,Y-180+152*cos(ld(5)))\,0\,1)*if(eq(mod(round(ld(5)*4/PI)+8\,8)\,floor(mod(T\,8)))\,1\,0.35));\
255*max(max(ld(3)\,ld(4))\,ld(6))'"

text="drawtext=fontfile=$fonts/DejaVuSans-ExtraLight.ttf:text='Vivace':fontsize=64:fontcolor=white:x=(w-tw)/2:y=132,\
drawtext=fontfile=$fonts/DejaVuSans.ttf:text='%{eif\:floor(mod(t\,8))\:d}.%{eif\:floor(mod(t*10\,10))\:d} s':\
fontsize=20:fontcolor=white@0.8:x=300:y=212"

# Four chords of 2 s. Four plucked voices take turns every quarter of a second; a pad holds the root.
chord() { echo "if(lt(ld(1)\,1)\,$1\,if(lt(ld(1)\,2)\,$2\,if(lt(ld(1)\,3)\,$3\,$4)))"; }
voice() {
  echo "st(0\,mod(t+8-$1\,1));st(1\,mod(t+8-$1\,8)/2);st(2\,$(chord "$2" "$3" "$4" "$5"));\
st($6\,(1-ld(0))*exp(-3.5*ld(0))*min(1\,ld(0)*200)*\
(sin(2*PI*ld(2)*ld(0))+0.25*sin(4*PI*ld(2)*ld(0))+0.08*sin(6*PI*ld(2)*ld(0))))"
}
pad="st(0\,mod(t\,2));st(1\,mod(t\,8)/2);st(2\,$(chord 110 87.307 130.813 97.999));\
st(8\,pow(sin(PI*ld(0)/2)\,0.5)*(sin(2*PI*ld(2)*ld(0))+0.3*sin(4*PI*ld(2)*ld(0))+0.12*sin(6*PI*ld(2)*ld(0))))"
voices="$(voice 0 220 174.614 261.626 195.998 4);$(voice 0.25 329.628 261.626 391.995 293.665 5);\
$(voice 0.5 523.251 440 659.255 493.883 6);$(voice 0.75 783.991 659.255 987.767 587.330 7);$pad"
left="$voices;0.17*ld(4)+0.15*ld(5)+0.13*ld(6)+0.09*ld(7)+0.09*ld(8)"
right="$voices;0.13*ld(4)+0.15*ld(5)+0.15*ld(6)+0.12*ld(7)+0.09*ld(8)"

run() { ffmpeg -hide_banner -loglevel error -y "$@"; }
run -f lavfi -i "$background" -f lavfi -i "$clock" \
  -filter_complex "[0][1]overlay=format=auto,$text,format=yuv420p" -an -flags +bitexact \
  -c:v libx264 -preset slower -refs 4 -profile:v high -crf 20 -maxrate 780k -bufsize 780k -aq-mode 3 \
  -bf 0 -g 30 -keyint_min 30 -sc_threshold 0 \
  -color_primaries bt709 -color_trc bt709 -colorspace bt709 video.flv
run -f lavfi -i "aevalsrc=exprs='$left|$right':s=48000:d=24:c=stereo" -c:a aac -b:a 96k -flags +bitexact audio.mka
run -i audio.mka -ss 8 -t 8 -c copy -avoid_negative_ts disabled -fflags +bitexact audio.flv
run -i video.flv -i audio.flv -map 0:v -map 1:a -c copy -fflags +bitexact -flvflags no_duration_filesize demo.flv
cp demo.flv "$out/"
